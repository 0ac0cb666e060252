#include "job/machine_signs.h"

#include <vector>

#include "base/text.h"
#include "job/trust.h"

namespace smtpapi {
namespace {

struct Agent {
  std::string_view kind;
  std::string_view part;  ///< of the User-Agent, any case
};

// The first that fits is told.
constexpr Agent agents[] = {
    // Providers that fetch images for their users' programs, whether somebody looks or not.
    {"mail proxy", "GoogleImageProxy"},      // Gmail
    {"mail proxy", "YahooMailProxy"},        // Yahoo, AOL
    {"mail proxy", "YahooCacheSystem"},      // Yahoo, older
    {"mail proxy", "YahooMobileMailProxy"},  // Yahoo's apps
    {"mail proxy", "Seznam.cz"},             // Seznam's image cache
    {"mail proxy", "Fastmail-Image-Proxy"},  // Fastmail
    {"mail proxy", "DuckDuckGo-Email"},      // DuckDuckGo's forwarding
    // Gateways that open links before the recipient may.
    {"scanner", "Barracuda"},    // Barracuda Sentinel, Link Protection
    {"scanner", "Proofpoint"},   // Proofpoint URL Defense
    {"scanner", "Mimecast"},     // Mimecast URL Protect
    {"scanner", "SafeLinks"},    // Microsoft Defender for Office 365
    {"scanner", "BingPreview"},  // Microsoft, also behind Outlook's previews
    {"scanner", "Microsoft Office Protocol Discovery"},  // Office asks whether it is a share
    {"scanner", "FireEye"},                              // Trellix
    {"scanner", "Trend Micro"},                          // Trend Micro's gateways
    {"scanner", "TrendMicro"},                           // the same, otherwise spelled
    {"scanner", "Symantec"},                             // Broadcom's Email Security
    {"scanner", "Forcepoint"},                           // Forcepoint
    {"scanner", "Sophos"},                               // Sophos Time of Click
    {"scanner", "Cloudmark"},                            // Cloudmark
    {"scanner", "Zscaler"},                              // Zscaler
    {"scanner", "Fortinet"},                             // FortiMail
    {"scanner", "Google-Safety"},                        // Google's check for malware
    {"scanner", "VirusTotal"},                           // VirusTotal
    {"scanner", "urlscan"},                              // urlscan.io
    {"scanner", "Checkpoint"},                           // Check Point Harmony
    // Previews in chats, which are no visit.
    {"link preview", "facebookexternalhit"},  // Facebook, WhatsApp
    {"link preview", "WhatsApp"},             // WhatsApp
    {"link preview", "Slackbot"},             // Slack
    {"link preview", "SkypeUriPreview"},      // Skype, Teams
    {"link preview", "TelegramBot"},          // Telegram
    {"link preview", "Twitterbot"},           // X
    {"link preview", "LinkedInBot"},          // LinkedIn
    {"link preview", "Discordbot"},           // Discord
    // Crawlers and programs.
    {"robot", "bot/"},  // Googlebot/2.1, bingbot/2.0 ...
    {"robot", "bot;"},  // "compatible; SomeBot;"
    {"robot", "robot"},
    {"robot", "spider"},
    {"robot", "crawler"},
    {"robot", "+http"},  // "+https://...": where a robot explains itself
    {"program", "HeadlessChrome"},
    {"program", "PhantomJS"},
    {"program", "Selenium"},
    {"program", "curl/"},
    {"program", "Wget/"},
    {"program", "python"},  // python-requests, Python-urllib, aiohttp
    {"program", "Go-http-client"},
    {"program", "Java/"},
    {"program", "okhttp"},
    {"program", "Apache-HttpClient"},
    {"program", "libwww-perl"},
    {"program", "axios/"},
    {"program", "node-fetch"},
    {"program", "GuzzleHttp"},
    {"program", "Ruby"},
    {"program", "PycURL"},
    {"program", "HTTPie/"},
    {"program", "PostmanRuntime"},
};

struct Net {
  std::string_view sign;
  std::string_view network;
};

constexpr Net nets[] = {
    {"mail proxy: Google", "66.249.80.0/20"},     // image proxy, and link checks of Gmail
    {"mail proxy: Apple", "17.0.0.0/8"},          // Apple's own network, no customers in it
    {"scanner: Barracuda", "64.235.144.0/20"},    // Barracuda Networks
    {"scanner: Barracuda", "209.222.80.0/21"},    // Barracuda Email Security
    {"scanner: Proofpoint", "67.231.144.0/20"},   // Proofpoint
    {"scanner: Proofpoint", "148.163.128.0/19"},  // Proofpoint
    {"scanner: Proofpoint", "205.220.160.0/19"},  // Proofpoint
    {"scanner: Mimecast", "205.139.110.0/24"},    // Mimecast, US
    {"scanner: Mimecast", "207.211.30.0/24"},     // Mimecast, US
    {"scanner: Mimecast", "146.101.78.0/24"},     // Mimecast, UK
};

std::vector<std::string> parts_in_lower_case() {
  std::vector<std::string> out;
  for (const Agent& agent : agents) out.push_back(to_lower(agent.part));
  return out;
}

}  // namespace

std::string machine_sign(std::string_view user_agent, std::string_view address) {
  // Apple's Mail Privacy Protection says no more than this; every browser says more.
  if (user_agent == "Mozilla/5.0") return "mail proxy: Apple Mail Privacy Protection";
  if (trim(user_agent).empty()) return "program: no User-Agent";
  static const std::vector<std::string> parts = parts_in_lower_case();
  const std::string lower = to_lower(user_agent);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (lower.find(parts[i]) == std::string::npos) continue;
    return std::string(agents[i].kind) + ": " + std::string(agents[i].part);
  }
  for (const Net& net : nets) {
    if (is_in_network(address, net.network)) return std::string(net.sign);
  }
  return {};
}

std::string prefetch_sign(std::string_view purpose) {
  const std::string lower = to_lower(purpose);
  for (const char* word : {"prefetch", "preview"}) {
    if (lower.find(word) != std::string::npos) return "prefetch";
  }
  return {};
}

}  // namespace smtpapi
