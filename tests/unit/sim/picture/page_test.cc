#include "sim/picture/page.h"

#include "tests/unit/sim/picture/sample_story.h"

namespace syncline::picture {
namespace {

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Page, SaysWhatWentWrongAndHowToRepeatItWithoutItsScript) {
  const std::string page = page_of(sample_story(4));
  const std::string_view before_data = std::string_view(page).substr(0, page.find("<script"));
  EXPECT_NE(before_data.find("client-2 was told that edit 18 is saved"), std::string_view::npos);
  EXPECT_NE(before_data.find("syncline-sim replay"), std::string_view::npos);
  EXPECT_NE(before_data.find("at 2.4s   crash"), std::string_view::npos);
}

TEST(Page, WhatComesFromTheRunCannotEndAnElement) {
  Scene scene = sample_story(4);
  scene.title = "</title><script>alert(1)</script>";
  scene.plan = "</pre><img src=x>";
  scene.violations.front().what = "</script><script>alert(2)</script> \x01 \\ \"";
  const std::string page = page_of(scene);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  // The page's own two, and nothing else.
  EXPECT_EQ(occurrences(page, "</script>"), 2u);
}

TEST(Page, NeedsNothingElse) {
  const std::string page = page_of(sample_story(4));
  for (const char* reference : {"src=", "<link", "@import", "url(http", "https://", "fetch("}) {
    EXPECT_EQ(page.find(reference), std::string::npos) << reference;
  }
}

TEST(Page, AGoodRunSaysSo) {
  const std::string page = page_of(Scene{});
  EXPECT_NE(page.find("Nothing wrong was found"), std::string::npos);
}

}  // namespace
}  // namespace syncline::picture
