// A Kubernetes API server as far as clients that list and watch see it: versions, pages, chunked streams of events,
// bookmarks, and versions that it no longer knows. For tests.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/server/discovery/fixture.h"

namespace vigia::server {

class FakeApiServer {
 public:
  explicit FakeApiServer(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      router_.Add({"GET"}, path, [this, path](const Request& request) { return Answer(path, request); });
    }
    server_.emplace(router_);
  }
  ~FakeApiServer() { CutWatches(); }

  std::string Url() const { return "http://" + server_->Address(); }

  // Adds or changes an object; `json` has "@" for its version.
  void Put(const std::string& path, const std::string& key, std::string json) {
    const std::lock_guard lock(mu_);
    const std::string version = std::to_string(++version_);
    json.replace(json.find("\"@\"") + 1, 1, version);
    std::replace(json.begin(), json.end(), '\n', ' ');
    const bool known = objects_[path].contains(key);
    objects_[path][key] = json;
    events_.push_back({version_, path, known ? "MODIFIED" : "ADDED", json});
  }
  void Remove(const std::string& path, const std::string& key) {
    const std::lock_guard lock(mu_);
    events_.push_back({++version_, path, "DELETED", WithVersion(objects_[path].at(key), version_)});
    objects_[path].erase(key);
  }
  void Bookmark(const std::string& path) {
    const std::lock_guard lock(mu_);
    events_.push_back(
        {++version_, path, "BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" + std::to_string(version_) + "\"}}"});
  }
  void Raw(const std::string& path, const std::string& line) {
    const std::lock_guard lock(mu_);
    events_.push_back({++version_, path, "", line});
  }
  // Forgets the past: who watches from an older version is told that it is gone.
  void Compact() {
    const std::lock_guard lock(mu_);
    oldest_ = ++version_;
    events_.clear();
  }
  // Ends the streams that are open.
  void CutWatches() { ++generation_; }
  void Refuse(std::optional<int> status) {
    const std::lock_guard lock(mu_);
    refused_ = status;
  }

  std::atomic<bool> gone_as_event = false;  // Else as the status of the answer.
  std::atomic<int> page = 500;              // Largest page of a list.

  // "GET /path?query" as they came.
  std::vector<std::string> Requests() {
    const std::lock_guard lock(mu_);
    return requests_;
  }
  int CountRequests(const std::string& part) {
    const auto all = Requests();
    return static_cast<int>(std::count_if(all.begin(), all.end(),
                                          [&](const std::string& one) { return one.find(part) != std::string::npos; }));
  }

 private:
  struct Event {
    std::int64_t version;
    std::string path;
    std::string type;
    std::string object;
  };

  static std::string WithVersion(const std::string& json, std::int64_t version) {
    const std::string key = "\"resourceVersion\":\"";
    const std::size_t begin = json.find(key) + key.size();
    return json.substr(0, begin) + std::to_string(version) + json.substr(json.find('"', begin));
  }
  static Response Status(int code, const std::string& reason) {
    return Json(R"({"kind":"Status","status":"Failure","message":"it is )" + reason + R"(","reason":")" + reason +
                    R"(","code":)" + std::to_string(code) + "}",
                code);
  }

  Response Answer(const std::string& path, const Request& request) {
    const std::lock_guard lock(mu_);
    requests_.push_back(path + "?" + request.raw_query);
    if (refused_) return Status(*refused_, *refused_ == 403 ? "Forbidden" : "InternalError");
    return request.params.Get("watch") == "true" ? Watch(path, request) : List(path, request);
  }

  Response List(const std::string& path, const Request& request) {
    const auto from = std::string(request.params.Get("continue"));
    const int limit = std::min<int>(page, std::stoi(std::string(request.params.Get("limit"))));
    std::string items;
    std::string next;
    int count = 0;
    for (const auto& [key, json] : objects_[path]) {
      if (key <= from) continue;
      if (count++ == limit) break;
      items += (items.empty() ? "" : ",") + json;
      next = key;
    }
    if (count <= limit) next.clear();
    return Json(fmt::format(R"({{"kind":"List","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
                            version_, next, items));
  }

  Response Watch(const std::string& path, const Request& request) {
    const std::int64_t from = std::stoll(std::string(request.params.Get("resourceVersion")));
    if (from < oldest_ && !gone_as_event) return Status(410, "Expired");
    Response response;
    response.content_type = "application/json";
    const bool gone = from < oldest_;
    response.source = [this, path, seen = from, gone, generation = generation_.load()](std::string& out) mutable {
      if (gone) {
        out += R"({"type":"ERROR","object":{"kind":"Status","message":"too old","reason":"Expired","code":410}})"
               "\n";
        return false;
      }
      const std::lock_guard source_lock(mu_);
      for (const Event& event : events_) {
        if (event.version <= seen || event.path != path) continue;
        seen = event.version;
        out +=
            event.type.empty() ? event.object : "{\"type\":\"" + event.type + "\",\"object\":" + event.object + "}\n";
      }
      return generation == generation_;
    };
    return response;
  }

  Router router_;
  std::atomic<int> generation_ = 0;
  std::mutex mu_;
  std::int64_t version_ = 100;
  std::int64_t oldest_ = 0;
  std::optional<int> refused_;
  std::map<std::string, std::map<std::string, std::string>> objects_;
  std::vector<Event> events_;
  std::vector<std::string> requests_;
  std::optional<TestServer> server_;  // Last, so that it ends first.
};

}  // namespace vigia::server
