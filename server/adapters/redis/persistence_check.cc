#include "server/adapters/redis/persistence_check.h"

#include <array>
#include <string_view>
#include <utility>

namespace syncline::adapters::redis {
namespace {

struct Question {
  std::array<std::string_view, 3> words;  // The last one may be empty.
  std::string RedisSettings::*setting;    // Null: INFO, which tells several.
};

// CONFIG first: it is asked for what INFO does not say, and may be forbidden.
constexpr std::array questions = {
    Question{{"CONFIG", "GET", "appendonly"}, &RedisSettings::appendonly},
    Question{{"CONFIG", "GET", "appendfsync"}, &RedisSettings::appendfsync},
    Question{{"CONFIG", "GET", "maxmemory"}, &RedisSettings::maxmemory},
    Question{{"CONFIG", "GET", "maxmemory-policy"}, &RedisSettings::maxmemory_policy},
    Question{{"INFO", "persistence", ""}, nullptr},
    Question{{"INFO", "memory", ""}, nullptr},
};

}  // namespace

void PersistenceCheck::run(Found found) {
  waiting_.push_back(std::move(found));
  if (missing_ > 0) return;
  names_.clear();
  settings_.clear();
  const std::vector<Connection*> masters = servers_.masters();
  missing_ = masters.size() * questions.size();
  lost_ = masters.empty();
  if (missing_ == 0) return end();
  for (Connection* const master : masters) {
    lost_ = lost_ || !master->ready();
    for (std::size_t i = 0; i < questions.size(); ++i) {
      Command command{.requester = this, .ticket = settings_.size() * questions.size() + i};
      for (const std::string_view word : questions[i].words) {
        if (!word.empty()) command.arguments.emplace_back(word);
      }
      master->ask(std::move(command));
    }
    names_.push_back(master->display());
    settings_.emplace_back();
  }
}

void PersistenceCheck::deliver(std::vector<Answer> answers) {
  for (const Answer& answer : answers) take(answer);
  missing_ -= answers.size();
  if (missing_ == 0) end();
}

void PersistenceCheck::take(const Answer& answer) {
  if (answer.outcome != ports::Outcome::committed) {
    // What Redis refuses is not known; what was lost is asked again.
    lost_ = lost_ ||
            (answer.outcome == ports::Outcome::unknown && answer.error == ErrorCode::unavailable);
    return;
  }
  const Question& question = questions[answer.ticket % questions.size()];
  RedisSettings& settings = settings_[answer.ticket / questions.size()];
  const ReplyView view = answer.reply.view();
  if (question.setting == nullptr) return settings.take_info(view.text());
  // A name and a value; nothing if there is no such setting.
  if (view.size() == 2) settings.*question.setting = view.at(1).text();
}

void PersistenceCheck::end() {
  RedisPersistence all;
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    RedisPersistence one = judge_persistence(settings_[i]);
    const std::string where = settings_.size() > 1 ? names_[i] + ": " : "";
    for (const std::string& danger : one.dangers) all.dangers.push_back(where + danger);
    for (const std::string& warning : one.warnings) all.warnings.push_back(where + warning);
  }
  Result<RedisPersistence> result = std::move(all);
  if (lost_) result = Error{ErrorCode::unavailable, "a connection to Redis was lost"};
  for (const Found& found : std::exchange(waiting_, {})) found(result);
}

}  // namespace syncline::adapters::redis
