#include "server/adapters/beast/operator_reply.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "server/base/node_name.h"

namespace syncline::adapters {
namespace {

namespace json = boost::json;

using Parameters = std::map<std::string, std::string>;

struct Operation {
  std::string_view path;
  bool is_order;
  std::vector<std::string_view> parameters;
  HttpReply (*carry_out)(OperatorDesk& desk, const Parameters& given);
};

HttpReply refusal(unsigned status, const Error& error) {
  return error_reply(status, error.detail.empty() ? error.message() : error.detail);
}

HttpReply bad_request(std::string_view line) { return error_reply(400, line); }

Result<Parameters> parse_parameters(std::string_view target,
                                    const std::vector<std::string_view>& known) {
  const auto url = boost::urls::parse_origin_form(target);
  if (url.has_error()) return Error{ErrorCode::invalid_argument, "the query is not well-formed"};
  Parameters given;
  for (const auto& parameter : url->params(boost::urls::encoding_opts())) {
    const std::string name(parameter.key);
    // What is misspelt must not be left out: an order would mean something else.
    if (std::ranges::find(known, name) == known.end()) {
      return Error{ErrorCode::invalid_argument, "there is no parameter '" + name + "' here"};
    }
    if (!given.emplace(name, std::string(parameter.value)).second) {
      return Error{ErrorCode::invalid_argument, name + " is given twice"};
    }
  }
  return given;
}

Result<DocumentName> document_of(const Parameters& given) {
  const auto at = given.find("document");
  if (at == given.end()) {
    return Error{ErrorCode::invalid_argument, "say which one: ?document=NAME"};
  }
  return DocumentName::parse(at->second);
}

Result<std::string> node_of(const Parameters& given, const std::string& otherwise) {
  const auto at = given.find("node");
  if (at == given.end()) return otherwise;
  if (!is_node_name(at->second)) {
    return Error{ErrorCode::invalid_argument,
                 "node: names are 1 to 64 letters, digits, dots, hyphens and underscores"};
  }
  return at->second;
}

Result<ConnectionId> connection_of(const Parameters& given) {
  const auto at = given.find("connection");
  if (at == given.end()) {
    return Error{ErrorCode::invalid_argument, "say which one: ?node=NAME&connection=ID"};
  }
  ConnectionId id;
  const std::string& text = at->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{ErrorCode::invalid_argument, "connection: must be a number, as in the list"};
  }
  return id;
}

HttpReply connections_reply(Result<std::vector<ports::RegisteredConnection>> found) {
  if (!found.ok()) return refusal(503, found.error());
  std::ranges::sort(*found, {}, [](const ports::RegisteredConnection& connection) {
    return std::tie(connection.node, connection.connection);
  });
  json::array connections;
  for (const ports::RegisteredConnection& each : *found) {
    json::object entry{{"node", each.node},
                       {"connection", each.connection.value},
                       {"document", each.document.text()},
                       {"user", nullptr},
                       {"since", rfc3339(each.since)}};
    if (!each.user.empty()) entry["user"] = each.user;
    connections.push_back(std::move(entry));
  }
  const json::object body{{"connections", std::move(connections)}};
  return json_reply(json::serialize(body) + "\n");
}

// It is accepted: who it concerns may hear it a moment later.
HttpReply order_reply(const Result<void>& ordered, json::object order) {
  if (!ordered.ok()) return refusal(503, ordered.error());
  HttpReply reply = json_reply(json::serialize(order) + "\n");
  reply.status = 202;
  return reply;
}

HttpReply list_connections(OperatorDesk& desk, const Parameters& given) {
  if (given.size() > 1) return bad_request("say either document or node");
  if (given.contains("document")) {
    const auto document = document_of(given);
    if (!document.ok()) return bad_request(document.error().detail);
    return connections_reply(desk.connections_of_document(*document));
  }
  const auto node = node_of(given, desk.node());
  if (!node.ok()) return bad_request(node.error().detail);
  return connections_reply(desk.connections_of_node(*node));
}

HttpReply drain(OperatorDesk& desk, const Parameters& given) {
  const auto node = node_of(given, desk.node());
  if (!node.ok()) return bad_request(node.error().detail);
  return order_reply(desk.drain(*node), {{"order", "drain"}, {"node", *node}});
}

HttpReply evict(OperatorDesk& desk, const Parameters& given) {
  const auto document = document_of(given);
  if (!document.ok()) return bad_request(document.error().detail);
  return order_reply(desk.evict(*document), {{"order", "evict"}, {"document", document->text()}});
}

HttpReply disconnect(OperatorDesk& desk, const Parameters& given) {
  const auto connection = connection_of(given);
  if (!connection.ok()) return bad_request(connection.error().detail);
  if (!given.contains("node")) return bad_request("say where it is: ?node=NAME&connection=ID");
  const auto node = node_of(given, desk.node());
  if (!node.ok()) return bad_request(node.error().detail);
  return order_reply(desk.disconnect(*node, *connection),
                     {{"order", "disconnect"}, {"node", *node}, {"connection", connection->value}});
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"/connections", false, {"document", "node"}, list_connections},
      {"/drain", true, {"node"}, drain},
      {"/evict", true, {"document"}, evict},
      {"/disconnect", true, {"node", "connection"}, disconnect},
  };
  return all;
}

HttpReply method_refusal(bool is_order) {
  HttpReply reply = error_reply(
      405, is_order ? "an order is given with POST" : "only GET and HEAD are possible here");
  reply.headers.emplace_back("allow", is_order ? "POST" : "GET, HEAD");
  return reply;
}

}  // namespace

bool is_operator_path(std::string_view path) {
  return std::ranges::find(operations(), path, &Operation::path) != operations().end();
}

HttpReply operator_reply(OperatorDesk& desk, const HttpRequest& request) {
  const Operation& operation =
      *std::ranges::find(operations(), path_of(request.target), &Operation::path);
  if (request.from_page) {
    return error_reply(403, "a page in a browser may not ask this; use curl, or another program");
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool fits = operation.is_order ? request.method == "POST" : reads;
  if (!fits) return method_refusal(operation.is_order);
  const auto given = parse_parameters(request.target, operation.parameters);
  if (!given.ok()) return bad_request(given.error().detail);
  return operation.carry_out(desk, *given);
}

}  // namespace syncline::adapters
