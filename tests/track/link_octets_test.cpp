#include "track/link_octets.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/track/random_link.h"

namespace smtpapi {
namespace {

using namespace std::string_view_literals;

const std::string id = link_of(LinkKind::open).submission_id;

std::string with_id(std::string_view first, std::string_view rest) {
  return std::string(first) + *decode_base64url(id) + std::string(rest);
}

TEST(LinkOctetsTest, TheFormatStaysAsItIs) {  // links of earlier releases must open
  Link click = link_of(LinkKind::click);
  click.index = 300;
  click.recipient = "a@b.c";
  click.url = "http://x";
  click.place = 2;
  click.type = LinkType::text;
  click.group = -1;
  EXPECT_EQ(link_octets(click), with_id("\x29",
                                        "\xAC\x02\x05"
                                        "a@b.c\x01\x02http://x"));

  Link preferences = link_of(LinkKind::preferences);
  preferences.recipient.clear();
  preferences.groups = {1, 64};
  EXPECT_EQ(link_octets(preferences), with_id("\x45", "\0\0\x02\x02\x80\x01"sv));

  Link open = link_of(LinkKind::open);
  open.submission_id = "s1";
  open.recipient = "r";
  EXPECT_EQ(link_octets(open), "\x12\x02s1\0\x01r"sv);
}

TEST(LinkOctetsTest, ReadsBackAnyLink) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    const Link link = random_link(random);
    const std::string octets = link_octets(link);
    ASSERT_EQ(octets.size(), link_octets_size(link));
    const auto read = read_link(octets);
    ASSERT_TRUE(read) << testing::PrintToString(octets);
    ASSERT_EQ(*read, link);
  }
}

TEST(LinkOctetsTest, WhatIsNotOfAClickIsLeftOut) {
  Link link = link_of(LinkKind::open);
  const std::string octets = link_octets(link);
  link.url = "http://x";
  link.place = 7;
  link.type = LinkType::text;
  EXPECT_EQ(link_octets(link), octets);
}

TEST(LinkOctetsTest, ReadsOnlyWhatIsWritten) {
  const std::string rest = std::string("\0\0\0", 3) + "http://x";
  ASSERT_TRUE(read_link(with_id("\x01", rest)));
  const struct {
    const char* why;
    std::string octets;
  } cases[] = {
      {"nothing", ""},
      {"kind 0", with_id("\0"sv, rest)},
      {"kind 7", with_id("\x07", "\0\0"sv)},
      {"two types", with_id("\x89", rest)},
      {"a type on what is no click", with_id("\x0A", "\0\0"sv)},
      {"no id", "\x01"},
      {"id cut",
       "\x01"
       "ABCDEFGHIJKLMNO"},
      {"no index", with_id("\x01", "")},
      {"index cut", with_id("\x01", "\x80")},
      {"index not in its shortest form", with_id("\x02", "\x80\0\0"sv)},
      {"index above 64 bits", with_id("\x02", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02\0"sv)},
      {"index without end", with_id("\x02", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"sv)},
      {"no recipient", with_id("\x02", "\0"sv)},
      {"recipient cut", with_id("\x02",
                                "\0\x03"
                                "ab"sv)},
      {"recipient as long as the world", with_id("\x02",
                                                 "\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
                                                 "ab"sv)},
      {"something behind it", with_id("\x02", "\0\0x"sv)},
      {"no group", with_id("\x22", "\0\0"sv)},
      {"no groups", with_id("\x45", "\0\0"sv)},
      {"no groups, and says so", with_id("\x45", "\0\0\0"sv)},
      {"26 groups", with_id("\x45", "\0\0\x1A"sv) + std::string(26, '\x02')},
      {"groups cut", with_id("\x45", "\0\0\x02\x02"sv)},
      {"a click without a place", with_id("\x01", "\0\0"sv)},
      {"an id spelled out that need not be", "\x12\x16" + id + std::string(2, '\0')},
      {"an id spelled out and cut", "\x12\x16" + id.substr(1)},
  };
  for (const auto& c : cases) EXPECT_FALSE(read_link(c.octets)) << c.why;
}

TEST(LinkOctetsTest, CutAnywhereItIsNoLink) {
  Link link = link_of(LinkKind::preferences);
  link.index = 70'000;
  link.group = 5;
  link.groups = {1, 2, 1'000'000};
  const std::string octets = link_octets(link);
  for (std::size_t size = 0; size < octets.size(); ++size)
    EXPECT_FALSE(read_link(octets.substr(0, size))) << size;
}

TEST(LinkOctetsTest, Extremes) {
  Link link = link_of(LinkKind::click);
  link.submission_id.clear();
  link.index = link.place = std::numeric_limits<std::size_t>::max();
  link.recipient = std::string(70'000, 'r');
  link.url = "\0\xFF"sv;
  link.group = std::numeric_limits<std::int64_t>::min();
  link.groups.assign(25, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read_link(link_octets(link)), link);
  link.groups.push_back(1);
  EXPECT_EQ(read_link(link_octets(link))->groups.size(), 25u) << "more are not kept";
}

}  // namespace
}  // namespace smtpapi
