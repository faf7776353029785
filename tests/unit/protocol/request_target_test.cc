#include "server/protocol/request_target.h"

#include <string>

#include <gtest/gtest.h>

namespace syncline::protocol {
namespace {

std::string document_of(std::string_view target) {
  const auto parsed = parse_request_target(target);
  return parsed.ok() ? parsed->document : "error: " + std::string(name(parsed.error().code));
}

bool acks_of(std::string_view target) { return parse_request_target(target).value().acks; }

TEST(RequestTarget, NamesADocument) {
  EXPECT_EQ(document_of("/ws/notes"), "notes");
  EXPECT_EQ(document_of("/ws/notes?acks=1"), "notes");
  EXPECT_EQ(document_of("/ws/notes?"), "notes");
}

TEST(RequestTarget, DecodesWhatABrowserEncodes) {
  EXPECT_EQ(document_of("/ws/room%20name/%C3%BC"), "room name/ü");
  EXPECT_EQ(document_of("/ws/%f0%9F%98%80"), "😀");
  EXPECT_EQ(document_of("/ws/100%25"), "100%");
  EXPECT_EQ(document_of("/ws/%3F%23%26"), "?#&");
}

TEST(RequestTarget, SlashesBelongToTheName) {
  EXPECT_EQ(document_of("/ws/team/2026/plan"), "team/2026/plan");
  EXPECT_EQ(document_of("/ws//plan/"), "/plan/");
  EXPECT_EQ(document_of("/ws/a%2Fb"), "a/b");
  EXPECT_EQ(document_of("/ws/../x"), "../x");
}

TEST(RequestTarget, APlusSignIsNoSpace) { EXPECT_EQ(document_of("/ws/C++"), "C++"); }

TEST(RequestTarget, AnEmptyNameIsLeftToTheJudge) {
  EXPECT_EQ(document_of("/ws/"), "");
  EXPECT_EQ(document_of("/ws/?acks=1"), "");
}

TEST(RequestTarget, OtherPathsAreNotFound) {
  EXPECT_EQ(document_of("/"), "error: not_found");
  EXPECT_EQ(document_of("/ws"), "error: not_found");
  EXPECT_EQ(document_of("/WS/notes"), "error: not_found");
  EXPECT_EQ(document_of("ws/notes"), "error: not_found");
  EXPECT_EQ(document_of(""), "error: not_found");
}

TEST(RequestTarget, RefusesBrokenEscapesAndFragments) {
  EXPECT_EQ(document_of("/ws/%"), "error: invalid_argument");
  EXPECT_EQ(document_of("/ws/a%4"), "error: invalid_argument");
  EXPECT_EQ(document_of("/ws/%zz"), "error: invalid_argument");
  EXPECT_EQ(document_of("/ws/%4%41"), "error: invalid_argument");
  EXPECT_EQ(document_of("/ws/a%?b"), "error: invalid_argument");
  EXPECT_EQ(document_of("/ws/a#b"), "error: invalid_argument");
}

TEST(RequestTarget, AcksAreAskedForWithTheValueOne) {
  EXPECT_TRUE(acks_of("/ws/a?acks=1"));
  EXPECT_TRUE(acks_of("/ws/a?yauth=x&acks=1"));
  EXPECT_TRUE(acks_of("/ws/a?acks=1&t=%zz"));
  EXPECT_TRUE(acks_of("/ws/a?acks=0&acks=1"));
  EXPECT_FALSE(acks_of("/ws/a"));
  EXPECT_FALSE(acks_of("/ws/a?"));
  EXPECT_FALSE(acks_of("/ws/a?acks"));
  EXPECT_FALSE(acks_of("/ws/a?acks="));
  EXPECT_FALSE(acks_of("/ws/a?acks=true"));
  EXPECT_FALSE(acks_of("/ws/a?acks=11"));
  EXPECT_FALSE(acks_of("/ws/a?backs=1"));
  EXPECT_FALSE(acks_of("/ws/acks=1"));
}

TEST(RequestTarget, OnlyTheFirstQuestionMarkBeginsTheQuery) {
  EXPECT_EQ(document_of("/ws/a?b?acks=1"), "a");
  EXPECT_FALSE(acks_of("/ws/a?b?acks=1"));
}

}  // namespace
}  // namespace syncline::protocol
