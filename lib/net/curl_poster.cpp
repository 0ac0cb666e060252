#include "net/curl_poster.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "base/owned.h"
#include "base/text.h"
#include "net/http_message.h"
#include "net/public_address.h"

namespace smtpapi {
namespace {

using Handle = Owned<CURL, curl_easy_cleanup>;
using FieldList = Owned<curl_slist, curl_slist_free_all>;
using Url = Owned<CURLU, curl_url_cleanup>;

constexpr std::size_t kept_octets = 16'384;    ///< of an answer's body
constexpr std::size_t most_octets = 1u << 20;  ///< then we hang up: the status has been told

void initialise_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

struct CurlPoster::Impl {
  explicit Impl(PosterSettings chosen) : settings(std::move(chosen)) {
    initialise_once();
    handle.reset(curl_easy_init());
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    impl.received += size;
    if (impl.answer.body.size() < kept_octets)
      impl.answer.body.append(data, std::min(size, kept_octets - impl.answer.body.size()));
    return impl.received > most_octets ? 0 : size;
  }

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* to) {
    auto& impl = *static_cast<Impl*>(self);
    if (!impl.settings.allow_private && !is_public_address(to->addr)) {
      impl.refused_private = true;
      return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto* stop = static_cast<Impl*>(self)->settings.stop;
    return stop && stop->load() ? 1 : 0;
  }

  /// Options that hold for every post.
  void prepare() {
    CURL* curl = handle.get();
    curl_easy_reset(curl);  // the connection stays
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!settings.ca_file.empty()) {
      curl_easy_setopt(curl, CURLOPT_CAINFO, settings.ca_file.c_str());
      curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    const auto time_out = static_cast<long>(settings.time_out.count());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, time_out);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, time_out);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "smtpapi-events/" SMTPAPI_VERSION);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Impl::on_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Impl::on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, settings.stop ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Impl::on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  }

  Error failure(CURLcode code) {
    if (refused_private)
      return unavailable("its address is private (webhook.allow-private permits that)");
    if (code == CURLE_ABORTED_BY_CALLBACK) return unavailable("given up: the program ends");
    const std::string_view detail = trim(error);
    return unavailable(printable(detail.empty() ? curl_easy_strerror(code) : detail));
  }

  const PosterSettings settings;
  Handle handle;
  char error[CURL_ERROR_SIZE] = "";
  PostAnswer answer;
  std::size_t received = 0;
  bool refused_private = false;
};

CurlPoster::CurlPoster(PosterSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

CurlPoster::~CurlPoster() = default;

Result<PostAnswer> CurlPoster::post(const PostRequest& request) {
  Impl& impl = *impl_;
  CURL* curl = impl.handle.get();
  if (!curl) return unavailable("no memory for a connection");
  impl.answer = {};
  impl.received = 0;
  impl.refused_private = false;
  impl.error[0] = '\0';
  impl.prepare();

  FieldList fields(curl_slist_append(nullptr, "Expect:"));
  for (const auto& [name, value] : request.fields) {
    if (!is_field_value(value)) return unavailable("a control character in field " + name);
    curl_slist* longer = curl_slist_append(fields.get(), (name + ": " + value).c_str());
    if (!longer) return unavailable("no memory for its header");
    if (!fields) fields.reset(longer);
  }
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  const bool cut_by_us = code == CURLE_WRITE_ERROR && impl.received > most_octets;
  if (code != CURLE_OK && !cut_by_us) return impl.failure(code);
  impl.answer.status = static_cast<unsigned>(status);
  return std::move(impl.answer);
}

Status check_post_url(const std::string& url) {
  initialise_once();
  const Url parsed(curl_url());
  char* scheme = nullptr;
  const bool reads = parsed && !has_controls(url) && url.find(' ') == std::string::npos &&
                     curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
                     curl_url_get(parsed.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
  const std::string name = reads ? scheme : "";
  curl_free(scheme);
  if (name == "http" || name == "https") return ok();
  return invalid(
      fmt::format("'{}' is no URL that begins with https:// or http://",
                  printable(url.substr(0, url.find('@') == std::string::npos ? 80 : 8))));
}

}  // namespace smtpapi
