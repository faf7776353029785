#include "server/adapters/beast/operator_reply.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

using Connections = Result<std::vector<ports::RegisteredConnection>>;

// Writes down what it is asked.
class Desk final : public OperatorDesk {
 public:
  const std::string& node() const override { return node_; }
  Connections connections_of_document(const DocumentName& document) override {
    asked.push_back("document " + document.text());
    return found;
  }
  Connections connections_of_node(const std::string& node) override {
    asked.push_back("node " + node);
    return found;
  }
  Result<void> drain(const std::string& node) override { return note("drain " + node); }
  Result<void> evict(const DocumentName& document) override {
    return note("evict " + document.text());
  }
  Result<void> disconnect(const std::string& node, ConnectionId connection) override {
    return note("disconnect " + node + " " + std::to_string(connection.value));
  }

  std::vector<std::string> asked;
  Connections found = std::vector<ports::RegisteredConnection>();
  bool reachable = true;

 private:
  Result<void> note(std::string order) {
    asked.push_back(std::move(order));
    if (!reachable) return Error{ErrorCode::unavailable, "nobody is there"};
    return {};
  }

  const std::string node_ = "here-1";
};

class OperatorReply : public testing::Test {
 protected:
  HttpReply ask(std::string_view method, std::string_view target, bool from_page = false) {
    return operator_reply(desk_, {.method = method, .target = target, .from_page = from_page});
  }
  // What the desk was asked, or the status and the message of the refusal.
  std::string outcome(std::string_view method, std::string_view target) {
    desk_.asked.clear();
    const HttpReply reply = ask(method, target);
    if (desk_.asked.size() == 1) return desk_.asked.front();
    EXPECT_TRUE(desk_.asked.empty());
    const std::size_t at = reply.body.find("\"message\":\"");
    return std::to_string(reply.status) + " " +
           reply.body.substr(at + 11, reply.body.size() - at - 14);
  }

  Desk desk_;
};

ports::RegisteredConnection connection(std::string node, std::uint64_t id, std::string user) {
  return {.node = std::move(node),
          .connection = ConnectionId{id},
          .document = *DocumentName::parse("a \"b\""),
          .user = std::move(user),
          .since = WallTime{milliseconds(1'767'225'599'007)}};
}

TEST_F(OperatorReply, ListsConnectionsInOrder) {
  desk_.found =
      std::vector{connection("n2", 1, ""), connection("n1", 9, "ada"), connection("n1", 2, "")};
  const HttpReply reply = ask("GET", "/connections?document=a");
  EXPECT_EQ(reply.status, 200u);
  const std::string rest =
      R"("document":"a \"b\"","user":null,"since":"2025-12-31T23:59:59.007Z"})";
  EXPECT_EQ(reply.body, R"({"connections":[{"node":"n1","connection":2,)" + rest +
                            R"(,{"node":"n1","connection":9,"document":"a \"b\"","user":"ada",)"
                            R"("since":"2025-12-31T23:59:59.007Z"},{"node":"n2","connection":1,)" +
                            rest + "]}\n");
}

TEST_F(OperatorReply, ListsADocumentANodeOrThisOne) {
  EXPECT_EQ(outcome("GET", "/connections?document=C%2B%2B+%2Fx"), "document C+++/x");
  EXPECT_EQ(outcome("GET", "/connections?node=n2"), "node n2");
  EXPECT_EQ(outcome("HEAD", "/connections"), "node here-1");
  EXPECT_EQ(outcome("GET", "/connections?node=n2&document=a"), "400 say either document or node");
  desk_.found = Error{ErrorCode::unavailable, "not now"};
  EXPECT_EQ(ask("GET", "/connections").status, 503u);
}

TEST_F(OperatorReply, TakesOrders) {
  EXPECT_EQ(outcome("POST", "/drain"), "drain here-1");
  EXPECT_EQ(outcome("POST", "/drain?node=n2"), "drain n2");
  EXPECT_EQ(outcome("POST", "/evict?document=a%2Fb"), "evict a/b");
  EXPECT_EQ(outcome("POST", "/disconnect?node=n2&connection=12"), "disconnect n2 12");
  const HttpReply reply = ask("POST", "/disconnect?node=n2&connection=12");
  EXPECT_EQ(reply.status, 202u);
  EXPECT_EQ(reply.body, "{\"order\":\"disconnect\",\"node\":\"n2\",\"connection\":12}\n");
}

TEST_F(OperatorReply, SaysThatAnOrderWouldNotBeHeard) {
  desk_.reachable = false;
  for (const auto* target : {"/drain", "/evict?document=a", "/disconnect?node=a&connection=1"}) {
    const HttpReply reply = ask("POST", target);
    EXPECT_EQ(reply.status, 503u) << target;
    EXPECT_NE(reply.body.find("nobody is there"), std::string::npos) << target;
  }
}

// A misspelt parameter would turn an order for another node into one for this.
TEST_F(OperatorReply, RefusesWhatItDoesNotUnderstandWithALine) {
  EXPECT_EQ(outcome("POST", "/drain?nod=n2"), "400 there is no parameter 'nod' here");
  EXPECT_EQ(outcome("POST", "/drain?node="),
            "400 node: names are 1 to 64 letters, digits, dots, hyphens and underscores");
  EXPECT_EQ(outcome("POST", "/drain?node=a/b").substr(0, 9), "400 node:");
  EXPECT_EQ(outcome("POST", "/drain?node=a&node=b"), "400 node is given twice");
  EXPECT_EQ(outcome("POST", "/drain?%"), "400 the query is not well-formed");
  EXPECT_EQ(outcome("POST", "/evict"), "400 say which one: ?document=NAME");
  EXPECT_EQ(outcome("POST", "/evict?document="), "400 a document name must not be empty");
  EXPECT_EQ(outcome("POST", "/evict?document=%ff"), "400 a document name must be UTF-8");
  EXPECT_EQ(outcome("POST", "/disconnect?connection=1"),
            "400 say where it is: ?node=NAME&connection=ID");
  EXPECT_EQ(outcome("POST", "/disconnect?node=a"), "400 say which one: ?node=NAME&connection=ID");
  for (const auto* id : {"", "x", "1x", "-1", "+1", "18446744073709551616"}) {
    EXPECT_EQ(outcome("POST", std::string("/disconnect?node=a&connection=") + id),
              "400 connection: must be a number, as in the list")
        << id;
  }
}

TEST_F(OperatorReply, OrdersComeWithPostAndQuestionsWithGet) {
  for (const auto* target : {"/drain", "/evict?document=a", "/disconnect?node=a&connection=1"}) {
    for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", ""}) {
      const HttpReply reply = ask(method, target);
      EXPECT_EQ(reply.status, 405u) << method << " " << target;
      EXPECT_EQ(reply.headers.back(), (std::pair<std::string_view, std::string>{"allow", "POST"}));
    }
  }
  EXPECT_EQ(ask("POST", "/connections").status, 405u);
  EXPECT_TRUE(desk_.asked.empty());
}

TEST_F(OperatorReply, APageInABrowserGetsNothing) {
  for (const auto* target : {"/drain", "/evict?document=a", "/disconnect?node=a&connection=1"}) {
    EXPECT_EQ(ask("POST", target, true).status, 403u) << target;
  }
  EXPECT_EQ(ask("GET", "/connections", true).status, 403u);
  EXPECT_TRUE(desk_.asked.empty());
}

TEST_F(OperatorReply, KnowsItsPaths) {
  for (const auto* path : {"/connections", "/drain", "/evict", "/disconnect"}) {
    EXPECT_TRUE(is_operator_path(path)) << path;
  }
  for (const auto* path : {"/", "", "/drain/", "/status", "drain"}) {
    EXPECT_FALSE(is_operator_path(path)) << path;
  }
}

}  // namespace
}  // namespace syncline::adapters
