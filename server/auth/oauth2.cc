#include "server/auth/oauth2.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/auth/secret_file.h"
#include "server/auth/token_answer.h"
#include "server/http/basic_auth.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

constexpr std::chrono::seconds kRenewBefore{10};
constexpr std::uint64_t kMaxAnswerBytes = 1 << 20;
constexpr std::int64_t kMaxValidSeconds = 10LL * 365 * 24 * 3600;

struct Kept {
  std::string header;
  std::string secret;
  SteadyClock::time_point renew_at = SteadyClock::time_point::max();
};
using KeptPtr = std::shared_ptr<const Kept>;

// A request that waits for the token that another one fetches. All but `error` is used on the timer's strand only.
struct Waiter {
  Waiter(const asio::any_io_executor& executor, SteadyClock::time_point deadline)
      : strand(asio::make_strand(executor)), timer(strand, deadline) {}
  void Wake(const std::shared_ptr<Waiter>& self) {
    asio::post(strand, [self] {
      self->woken = true;
      self->timer.cancel();
    });
  }
  asio::any_io_executor strand;
  asio::steady_timer timer;
  bool woken = false;          // Also before anybody waits.
  std::optional<Error> error;  // Written before Wake().
};
using WaiterPtr = std::shared_ptr<Waiter>;

asio::awaitable<void> Wait(WaiterPtr waiter, std::stop_token stop) {
  const auto wake = [waiter] { waiter->Wake(waiter); };
  const std::stop_callback on_stop(stop, wake);
  if (!waiter->woken) co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Where the client's id and secret stand in the request: servers take the first, or only the second.
enum class SecretPlace { kHeader, kForm };

class OAuth2 final : public RequestAuth {
 public:
  explicit OAuth2(OAuth2Options options) : options_(std::move(options)) {
    if (options_.assertion.issuer.empty()) options_.assertion.issuer = options_.client_id;
    if (options_.assertion.audience.empty()) options_.assertion.audience = options_.token_url;
  }

  asio::awaitable<Status> Authorize(asio::any_io_executor executor, Url&, HttpRequest& request,
                                    SteadyClock::time_point deadline) override {
    const auto secret = ReadSecretFile(options_.secret_file, options_.secret);
    if (secret.has_error()) co_return Prefixed(secret.error(), "unable to read oauth2 client secret");
    const auto token = co_await Get(executor, *secret, deadline, request.stop);
    if (token.has_error()) co_return token.error();
    request.headers.Set("Authorization", (*token)->header);
    co_return Status();
  }

  bool Renew(const HttpRequest& refused) override {
    const std::scoped_lock lock(mu_);
    if (kept_ != nullptr && refused.headers.Get("Authorization") == kept_->header) kept_ = nullptr;
    return true;
  }

 private:
  // Ends a fetch however its coroutine ends: also when it is destroyed while it waits.
  struct Fetching {
    ~Fetching() { owner.Finished(outcome); }
    OAuth2& owner;
    std::optional<Result<KeptPtr>> outcome;
  };

  asio::awaitable<Result<KeptPtr>> Get(asio::any_io_executor executor, std::string secret,
                                       SteadyClock::time_point deadline, std::stop_token stop) {
    while (true) {
      WaiterPtr waiter;
      {
        const std::scoped_lock lock(mu_);
        if (kept_ != nullptr && kept_->secret == secret && SteadyClock::now() < kept_->renew_at) co_return kept_;
        if (fetching_) {
          waiter = waiters_.emplace_back(std::make_shared<Waiter>(executor, deadline));
        } else {
          fetching_ = true;
          if (client_ == nullptr) client_ = std::make_unique<HttpClient>(executor, options_.client);
        }
      }
      if (waiter == nullptr) {
        Fetching fetching{*this, std::nullopt};
        fetching.outcome = co_await Fetch(std::move(secret), deadline, stop);
        co_return *fetching.outcome;
      }
      co_await asio::co_spawn(waiter->strand, Wait(waiter, stop), asio::use_awaitable);
      if (stop.stop_requested()) co_return Error{Errc::kCancelled, "context canceled"};
      if (waiter->error.has_value()) co_return *waiter->error;
      if (SteadyClock::now() >= deadline) co_return Error{Errc::kTimeout, "context deadline exceeded"};
    }
  }

  void Finished(const std::optional<Result<KeptPtr>>& outcome) {
    const std::scoped_lock lock(mu_);
    fetching_ = false;
    if (outcome.has_value() && outcome->has_value()) kept_ = **outcome;
    // Who was told to stop says nothing about the server.
    const bool failed = outcome.has_value() && outcome->has_error() && outcome->error().code != Errc::kCancelled;
    for (const WaiterPtr& waiter : waiters_) {
      if (failed) waiter->error = outcome->error();
      waiter->Wake(waiter);
    }
    waiters_.clear();
  }

  asio::awaitable<Result<KeptPtr>> Fetch(std::string secret, SteadyClock::time_point deadline, std::stop_token stop) {
    const std::optional<SecretPlace> known = Place();
    Result<Token> token = co_await Ask(secret, known.value_or(SecretPlace::kHeader), deadline, stop);
    // Whatever does not take the header says so in its own way; what cannot be reached needs no second try.
    const bool tries_form = !known.has_value() && options_.grant == OAuth2Grant::kClientCredentials;
    if (token.has_error() && tries_form && token.error().code == Errc::kInvalid) {
      token = co_await Ask(secret, SecretPlace::kForm, deadline, stop);
      if (token.has_value()) Remember(SecretPlace::kForm);
    } else if (token.has_value()) {
      Remember(known.value_or(SecretPlace::kHeader));
    }
    if (token.has_error()) co_return token.error();
    const auto kept = std::make_shared<Kept>();
    kept->header = token->header;
    kept->secret = std::move(secret);
    if (token->valid_seconds.has_value()) {
      const std::chrono::seconds valid(std::min(*token->valid_seconds, kMaxValidSeconds));
      kept->renew_at = SteadyClock::now() + valid - kRenewBefore;
    }
    co_return KeptPtr(kept);
  }

  asio::awaitable<Result<Token>> Ask(const std::string& secret, SecretPlace place, SteadyClock::time_point deadline,
                                     std::stop_token stop) {
    HttpRequest request;
    request.method = "POST";
    request.url = options_.token_url;
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.timeout_ms = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    request.max_body_bytes = kMaxAnswerBytes;
    request.stop = stop;
    const Status filled = options_.grant == OAuth2Grant::kJwtBearer ? FillAssertion(secret, request)
                                                                    : FillCredentials(secret, place, request);
    if (filled.has_error()) co_return filled.error();
    const auto response = co_await client_->Do(std::move(request));
    if (response.has_error()) {
      // kInvalid is kept for what a server answered.
      const Errc code = response.error().code == Errc::kInvalid ? Errc::kIo : response.error().code;
      co_return Error{code, response.error().what};
    }
    co_return ReadTokenAnswer(*response);
  }

  std::string Scope() const {
    std::string scope;
    for (const std::string& name : options_.scopes) scope.append(scope.empty() ? "" : " ").append(name);
    return scope;
  }

  Status FillCredentials(const std::string& secret, SecretPlace place, HttpRequest& request) const {
    std::map<std::string, std::string> form = {{"grant_type", "client_credentials"}};
    if (!options_.scopes.empty()) form["scope"] = Scope();
    for (const auto& [name, value] : options_.endpoint_params) {
      if (form.count(name) != 0 && name != "grant_type") {
        return Error{Errc::kIo, "oauth2: cannot overwrite parameter " + storage::Quoted(name)};
      }
      form[name] = value;
    }
    if (place == SecretPlace::kForm) {
      form["client_id"] = options_.client_id;
      if (!secret.empty()) form["client_secret"] = secret;
    } else {
      request.headers.Set("Authorization", FormatBasicAuth(PercentEncode(options_.client_id, PlusSign::kSpace),
                                                           PercentEncode(secret, PlusSign::kSpace)));
    }
    request.body = Encoded(form);
    return {};
  }

  Status FillAssertion(const std::string& key, HttpRequest& request) const {
    const auto assertion = SignAssertion(options_.assertion, options_.client_id, Scope(), key, options_.clock());
    if (assertion.has_error()) return assertion.error();
    request.body = Encoded({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", *assertion}});
    return {};
  }

  static std::string Encoded(const std::map<std::string, std::string>& form) {
    Params params;
    for (const auto& [name, value] : form) params.Add(name, value);
    return EncodeQuery(params);
  }

  std::optional<SecretPlace> Place() {
    const std::scoped_lock lock(mu_);
    return place_;
  }
  void Remember(SecretPlace place) {
    const std::scoped_lock lock(mu_);
    place_ = place;
  }

  OAuth2Options options_;  // Not changed after construction.
  std::mutex mu_;
  std::unique_ptr<HttpClient> client_;  // Made once, under mu_.
  KeptPtr kept_;                        // Guarded by mu_, as are the next ones.
  bool fetching_ = false;
  std::vector<WaiterPtr> waiters_;
  std::optional<SecretPlace> place_;
};

}  // namespace

std::shared_ptr<RequestAuth> MakeOAuth2(OAuth2Options options) { return std::make_shared<OAuth2>(std::move(options)); }

}  // namespace vigia::server
