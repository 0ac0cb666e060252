// The paths of the tracking endpoint (TRK-1).
#include "track/urls.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(UrlsTest, EveryKindFindsItsWayBack) {
  for (const LinkKind kind : {LinkKind::click, LinkKind::open, LinkKind::unsubscribe,
                              LinkKind::group_unsubscribe, LinkKind::preferences, LinkKind::trap}) {
    const std::string_view path = path_of(kind);
    ASSERT_TRUE(path.ends_with("?upn="));
    EXPECT_EQ(kind_of(path.substr(0, path.find('?'))), kind) << path;
  }
  EXPECT_EQ(path_of(LinkKind::click, true), "/uni/ls/click?upn=") << "CLICK-6";
  EXPECT_EQ(kind_of("/uni/ls/click"), LinkKind::click);
  EXPECT_EQ(kind_of("/asm"), LinkKind::preferences) << "a proxy took the slash away";
  EXPECT_EQ(kind_of("/wf/open/"), LinkKind::open);
}

TEST(UrlsTest, KnowsNoOtherPaths) {
  for (const char* path :
       {"", "/", "/ls", "/ls/click/x", "/LS/click", "//ls/click", "/asm//", "/wf/unsubscribe?upn="})
    EXPECT_FALSE(kind_of(path)) << path;
}

}  // namespace
}  // namespace smtpapi
