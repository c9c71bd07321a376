#include "server/config/hub_url.h"

#include <gtest/gtest.h>

namespace contextsync::hub_url_test {
namespace {

std::string Canonical(std::string_view text) {
  const auto url = ParseHubUrl(text, /*allow_plain_http=*/false);
  return url.ok() ? url.value().ToString() : "refused: " + url.error().message();
}

TEST(HubUrlTest, TakesAnAddressApart) {
  const HubUrl url = ParseHubUrl("https://Hub.Example.com:8443/team/", false).value();

  EXPECT_TRUE(url.is_tls);
  EXPECT_EQ(url.host, "hub.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/team");
}

TEST(HubUrlTest, WritesOneFormOfEachAddress) {
  EXPECT_EQ(Canonical("https://hub.example.com"), "https://hub.example.com");
  EXPECT_EQ(Canonical("https://hub.example.com:443//"), "https://hub.example.com");
  EXPECT_EQ(Canonical("http://127.0.0.1:80/x/"), "http://127.0.0.1/x");
  EXPECT_EQ(Canonical("http://[::1]:8787"), "http://[::1]:8787");
}

TEST(HubUrlTest, RefusesWhatIsNotAHubAddress) {
  for (const char* text :
       {"", "hub.example.com", "ftp://hub", "HTTPS://hub", "https://", "https:///path",
        "https://h:0", "https://h:65536", "https://h:", "https://h:1x", "https://u:p@h",
        "https://h/a?b", "https://h/a#b", "https://h/a b", "https://h/\x01", "https://a b/",
        "https://[::1", "https://[::1]x"}) {
    EXPECT_EQ(Canonical(text).substr(0, 8), "refused:") << text;
  }
}

TEST(HubUrlTest, PlainHttpStaysOnTheMachine) {
  EXPECT_EQ(Canonical("http://localhost:8787"), "http://localhost:8787");
  EXPECT_EQ(Canonical("http://127.8.9.1:8787"), "http://127.8.9.1:8787");
  for (const char* text : {"http://hub:8787", "http://10.0.0.1", "http://localhost.evil.test",
                           "http://127.0.0.1.evil.test", "http://127.evil", "http://[::2]"}) {
    EXPECT_NE(Canonical(text).find("unencrypted"), std::string::npos) << text;
  }
}

TEST(HubUrlTest, PlainHttpElsewhereNeedsAWord) {
  EXPECT_EQ(ParseHubUrl("http://hub:8787", /*allow_plain_http=*/true).value().ToString(),
            "http://hub:8787");
}

TEST(HubUrlTest, ReadsListenAddresses) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:8787").value().port, 8787);
  EXPECT_EQ(ParseListenAddress("[::1]:0").value().address, "::1");
  for (const char* text :
       {"", "8787", ":8787", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:8787", "h:-1"}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
}

}  // namespace
}  // namespace contextsync::hub_url_test
