#include "smtpapi/parse.h"

#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Strings = std::vector<std::string>;

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(ParseTest, EmptyMeansNoInstructions) {  // HDR-2
  for (const char* value : {"", " ", "\r\n ", "\t", "{}", " { } ", "{\r\n }"}) {
    SCOPED_TRACE(value);
    const ParsedHeader parsed = parse(value);
    EXPECT_TRUE(parsed.empty);
    EXPECT_THAT(parsed.problems, IsEmpty());
    EXPECT_THAT(parsed.warnings, IsEmpty());
  }
  for (const char* value :
       {R"({"to":null})", R"({"x":1})", R"({"category":"a"})", "[]", "{", "x"}) {
    EXPECT_FALSE(parse(value).empty) << value;
  }
}

TEST(ParseTest, ReadsEveryKey) {  // HDR-13
  const ParsedHeader parsed = parse(R"({
    "to": ["Ann <ann@example.org>", "bob@example.net"],
    "sub": {"-n-": ["Ann", "Bob"], "%c%": "here"},
    "section": {"-s-": "Dear -n-"},
    "category": ["news", "spring"],
    "unique_args": {"job": "42", "who": "-n-"},
    "filters": {"footer": {"settings": {"enable": 1, "text/plain": "Bye"}}},
    "send_at": 1700000060,
    "batch_id": "abc-DEF_1",
    "ip_pool": "transactional"})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(texts(parsed.warnings), IsEmpty());
  const Document& d = parsed.document;
  EXPECT_THAT(d.to, ElementsAre("Ann <ann@example.org>", "bob@example.net"));
  ASSERT_EQ(d.sub.size(), 2u);
  EXPECT_EQ(d.sub[0].tag, "-n-");
  EXPECT_FALSE(d.sub[0].for_everyone);
  EXPECT_EQ(d.sub[0].value(1), "Bob");
  EXPECT_EQ(d.sub[0].value(2), "");
  EXPECT_TRUE(d.sub[1].for_everyone);
  EXPECT_EQ(d.sub[1].value(7), "here");
  EXPECT_THAT(d.section, ElementsAre(Pair("-s-", "Dear -n-")));
  EXPECT_THAT(d.category, ElementsAre("news", "spring"));
  EXPECT_TRUE(d.category_is_array);
  EXPECT_THAT(d.unique_args, ElementsAre(Pair("job", "42"), Pair("who", "-n-")));
  EXPECT_TRUE(d.filters.at("footer").enabled);
  EXPECT_EQ(d.filters.at("footer").value("text/plain"), "Bye");
  EXPECT_EQ(d.send_at, 1700000060);
  EXPECT_THAT(d.send_each_at, IsEmpty());
  EXPECT_EQ(d.batch_id, "abc-DEF_1");
  EXPECT_EQ(d.asm_group_id, std::nullopt);
  EXPECT_EQ(d.ip_pool, "transactional");
}

TEST(ParseTest, NullCountsAsAbsent) {  // HDR-15
  const ParsedHeader parsed = parse(
      R"({"to":null,"sub":null,"section":null,"category":null,"unique_args":null,"filters":null,
          "send_at":null,"send_each_at":null,"batch_id":null,"asm_group_id":null,
          "asm_groups_to_display":null,"ip_pool":null})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(texts(parsed.warnings), IsEmpty());
  EXPECT_EQ(parsed.document.send_at, std::nullopt);
}

TEST(ParseTest, ReadsTheShapesOfTo) {  // TO-1
  const struct {
    const char* why;
    const char* value;
    Strings want;
  } cases[] = {
      {"array", R"({"to":["a@example.org","b@example.org"]})", {"a@example.org", "b@example.org"}},
      {"plain string", R"({"to":"a@example.org"})", {"a@example.org"}},
      {"empty array", R"({"to":[]})", {}},
      {"TO-7: repeated entries stay", R"({"to":["a@x","a@x"]})", {"a@x", "a@x"}},
      {"TO-8: what is no address is for others to say", R"({"to":["","no"]})", {"", "no"}},
      {"escapes", R"({"to":["J\u00f6rg <j@x>"]})", {"J\xC3\xB6rg <j@x>"}},
      {"HDR-8: encoded words stay",
       R"({"to":["=?utf-8?q?J=C3=B6rg?= <j@x>"]})",
       {"=?utf-8?q?J=C3=B6rg?= <j@x>"}},
      {"HDR-12: the last of equal keys", R"({"to":["a@x"],"to":["b@x"]})", {"b@x"}},
      {"an overridden value is not looked at", R"({"to":5,"to":["b@x"]})", {"b@x"}},
      {"null overrides", R"({"to":["a@x"],"to":null})", {}},
      {"a key written with escapes", R"({"\u0074o":["a@x"]})", {"a@x"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(parsed.document.to, c.want);
  }
}

TEST(ParseTest, CoercesSubstitutions) {
  const struct {
    const char* why;
    const char* sub;
    bool for_everyone;
    Strings want;
  } cases[] = {
      {"strings", R"(["a","b"])", false, {"a", "b"}},
      {"empty array", "[]", false, {}},
      {"SUB-4: null is empty", R"(["a",null,"c"])", false, {"a", "", "c"}},
      {"SUB-5: bare string", R"("x")", true, {"x"}},
      {"SUB-5: bare number", "7", true, {"7"}},
      {"SUB-5: bare boolean", "false", true, {"false"}},
      {"bare null", "null", true, {""}},
      {"SUB-6: number keeps its text",
       "[1.23456789,1e3,-0.0,12345678901234567890]",
       false,
       {"1.23456789", "1e3", "-0.0", "12345678901234567890"}},
      {"SUB-6: booleans", "[true,false]", false, {"true", "false"}},
      {"SUB-6: object and array are empty",
       R"(["a",{"x":1},["y"],"d"])",
       false,
       {"a", "", "", "d"}},
      {"SUB-6: bare object", R"({"x":1})", true, {""}},
      {"line breaks stay", R"(["a\r\nb\nc"])", false, {"a\r\nb\nc"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(R"({"sub":{"-t-":)" + std::string(c.sub) + "}}");
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    ASSERT_EQ(parsed.document.sub.size(), 1u);
    EXPECT_EQ(parsed.document.sub[0].for_everyone, c.for_everyone);
    EXPECT_EQ(parsed.document.sub[0].values, c.want);
  }
}

TEST(ParseTest, TakesAnyStringAsTag) {  // SUB-7, SUB-8
  const ParsedHeader parsed = parse(
      R"({"sub":{"-name-":"1","%name%":"2","{{name}}":"3","[n]":"4","n m":"5","<&>":"6","":"7","\u00e9":"8",
          "NAME":"9","name":"10","name":"11"}})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  Strings tags;
  for (const Substitution& entry : parsed.document.sub) tags.push_back(entry.tag);
  EXPECT_EQ(tags, (Strings{"-name-", "%name%", "{{name}}", "[n]", "n m", "<&>", "\xC3\xA9", "NAME",
                           "name"}));
  EXPECT_EQ(parsed.document.sub.back().value(0), "11");
}

TEST(ParseTest, CoercesSections) {  // SEC-5
  const ParsedHeader parsed = parse(
      R"({"section":{"-a-":"x","-b-":1.50,"-c-":true,"-d-":null,"-e-":{},"-f-":["y"],"":"z","-a-":"last"}})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(parsed.document.section,
              ElementsAre(Pair("-b-", "1.50"), Pair("-c-", "true"), Pair("-d-", ""),
                          Pair("-e-", ""), Pair("-f-", ""), Pair("-a-", "last")));
}

TEST(ParseTest, KeepsTenDistinctCategories) {
  const std::string long_one = repeated("\xC3\xA9", 255);
  const struct {
    const char* why;
    std::string value;
    bool is_array;
    Strings want;
  } cases[] = {
      {"CAT-6: a string stays one", R"("news")", false, {"news"}},
      {"CAT-6: an array of one stays one", R"(["news"])", true, {"news"}},
      {"CAT-1: numbers and booleans", R"([1, 2.50, true])", true, {"1", "2.50", "true"}},
      {"CAT-1: a bare number", "2024", false, {"2024"}},
      {"CAT-1: others are ignored", R"(["a",null,{},["b"],"","c"])", true, {"a", "c"}},
      {"CAT-1: a bare object", R"({"a":"b"})", false, {}},
      {"the empty string", R"("")", false, {}},
      {"the empty array", "[]", true, {}},
      {"CAT-2: ten",
       R"(["1","2","3","4","5","6","7","8","9","10","11"])",
       true,
       {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}},
      {"CAT-2: ten distinct",
       R"(["1","1","2","3","4","5","6","7","8","9","1","10"])",
       true,
       {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}},
      {"CAT-3: order kept", R"(["b","a","b"])", true, {"b", "a"}},
      {"CAT-3: case matters", R"(["a","A"])", true, {"a", "A"}},
      {"CAT-4: 255 characters", '"' + long_one + '"', false, {long_one}},
      {"CAT-4: 256 are cut", '"' + long_one + "x\"", false, {long_one}},
      {"CAT-4: equal once cut", "[\"" + long_one + "x\",\"" + long_one + "y\"]", true, {long_one}},
      {"CAT-5: Unicode", R"("\u6771\u4eac")", false, {"\xE6\x9D\xB1\xE4\xBA\xAC"}},
      {"blanks count", R"(" a ")", false, {" a "}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse("{\"category\":" + c.value + "}");
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(parsed.document.category_is_array, c.is_array);
    EXPECT_EQ(parsed.document.category, c.want);
  }
}

TEST(ParseTest, CoercesUniqueArguments) {  // UA-5
  const ParsedHeader parsed = parse(
      R"({"unique_args":{"s":"x","i":42,"f":1.50,"t":true,"n":null,"o": {"b" : [1, "\u0041"]},"a":[ ],"":"e"}})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(parsed.document.unique_args,
              ElementsAre(Pair("s", "x"), Pair("i", "42"), Pair("f", "1.50"), Pair("t", "true"),
                          Pair("o", R"({"b":[1,"A"]})"), Pair("a", "[]"), Pair("", "e")));
}

TEST(ParseTest, ReadsTheSmallKeys) {
  const struct {
    const char* why;
    const char* value;
    bool warns;
    const char* batch;
    const char* pool;
  } cases[] = {
      {"SCH-11", R"({"batch_id":"aB0-_"})", false, "aB0-_", ""},
      {"a number is text too", R"({"batch_id":123})", false, "123", ""},
      {"SCH-11: another alphabet", R"({"batch_id":"a.b"})", true, "", ""},
      {"SCH-11: empty", R"({"batch_id":""})", true, "", ""},
      {"SCH-11: not ASCII", R"({"batch_id":"\u00e9"})", true, "", ""},
      {"SCH-11: an array", R"({"batch_id":["a"]})", true, "", ""},
      {"a boolean", R"({"batch_id":true})", true, "", ""},
      {"POOL-1", R"({"ip_pool":"bulk mail"})", false, "", "bulk mail"},
      {"one character", R"({"ip_pool":"a"})", false, "", "a"},
      {"a number", R"({"ip_pool":12})", false, "", "12"},
      {"POOL-1: empty", R"({"ip_pool":""})", true, "", ""},
      {"POOL-1: an object", R"({"ip_pool":{"name":"a"}})", true, "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(parsed.warnings.size(), c.warns ? 1u : 0u);
    EXPECT_EQ(parsed.document.batch_id, c.batch);
    EXPECT_EQ(parsed.document.ip_pool, c.pool);
  }
  EXPECT_EQ(parse(R"({"batch_id":")" + repeated("a", 100) + "\"}").document.batch_id.size(), 100u);
  EXPECT_EQ(parse(R"({"batch_id":")" + repeated("a", 101) + "\"}").document.batch_id, "");
  EXPECT_EQ(parse(R"({"ip_pool":")" + repeated("a", 64) + "\"}").document.ip_pool.size(), 64u);
  EXPECT_EQ(parse(R"({"ip_pool":")" + repeated("a", 65) + "\"}").document.ip_pool, "");
}

TEST(ParseTest, ReadsGroups) {
  const struct {
    const char* why;
    const char* value;
    std::optional<std::int64_t> id;
    std::vector<std::int64_t> shown;
  } cases[] = {
      {"ASM-1", R"({"asm_group_id":123})", 123, {}},
      {"ASM-1: in quotes", R"({"asm_group_id":"123"})", 123, {}},
      {"ASM-1: a word", R"({"asm_group_id":"news"})", std::nullopt, {}},
      {"ASM-1: a fraction", R"({"asm_group_id":1.5})", std::nullopt, {}},
      {"ASM-1: an array", R"({"asm_group_id":[1]})", std::nullopt, {}},
      {"ASM-1: a boolean", R"({"asm_group_id":true})", std::nullopt, {}},
      {"ASM-4", R"({"asm_groups_to_display":[1,"2",3]})", std::nullopt, {1, 2, 3}},
      {"ASM-4: others left out",
       R"({"asm_groups_to_display":[1,"x",null,[2],3]})",
       std::nullopt,
       {1, 3}},
      {"one number for an array", R"({"asm_groups_to_display":7})", std::nullopt, {7}},
      {"ASM-4: no array", R"({"asm_groups_to_display":{"a":1}})", std::nullopt, {}},
      {"ASM-4: at most 25",
       R"({"asm_groups_to_display":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26]})",
       std::nullopt,
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(parsed.document.asm_group_id, c.id);
    EXPECT_EQ(parsed.document.asm_groups_to_display, c.shown);
  }
}

TEST(ParseTest, WarnsOfWhatItMendsOrIgnores) {  // ERR-5
  const struct {
    const char* value;
    const char* want;
  } cases[] = {
      {R"({"x":1})", R"(line 1, column 2: unknown key "x" ignored)"},
      {R"({"To":["a@x"]})",
       R"(line 1, column 2: unknown key "To" ignored: keys are lower case, write "to")"},
      {R"({"SUB":{}})",
       R"(line 1, column 2: unknown key "SUB" ignored: keys are lower case, write "sub")"},
      {R"({"substitutions":{}})",
       R"(line 1, column 2: unknown key "substitutions" ignored: write "sub")"},
      {R"({"sections":{}})",
       R"(line 1, column 2: unknown key "sections" ignored: write "section")"},
      {R"({"categories":[]})",
       R"(line 1, column 2: unknown key "categories" ignored: write "category")"},
      {R"({"custom_args":{}})",
       R"(line 1, column 2: unknown key "custom_args" ignored: write "unique_args")"},
      {R"({"personalizations":[]})",
       R"(line 1, column 2: unknown key "personalizations" ignored: write "to" and "sub")"},
      {R"({"asm":{}})",
       R"(line 1, column 2: unknown key "asm" ignored: write "asm_group_id" and "asm_groups_to_display")"},
      {R"({"cc":[]})", R"(line 1, column 2: unknown key "cc" ignored: add the recipient to "to")"},
      {R"({"bcc":[]})",
       R"(line 1, column 2: unknown key "bcc" ignored: use the filter "bcc", or add the recipient to "to")"},
      {R"({"":1})", R"(line 1, column 2: unknown key "" ignored)"},
      {"{\"a\\r\\nb\":1}", R"(line 1, column 2: unknown key "a??b" ignored)"},
      {R"({"to":["a@x"],"to":["b@x"]})",
       R"(line 1, column 15: "to" is there more than once: the last one counts)"},
      {R"({"sub":{"-a-":"1","-a-":"2"}})",
       R"(line 1, column 19: "-a-" is there more than once: the last one counts)"},
      {R"({"sub":{"":"x"}})", "line 1, column 9: the empty tag in 'sub' is ignored"},
      {R"({"section":{"":"x"}})", "line 1, column 13: the empty tag in 'section' is ignored"},
      {R"({"sub":{"-a-":["x",[1],{}]}})",
       R"(line 1, column 15: tag "-a-": entry 2 is an array and counts as empty (1 more do))"},
      {R"({"sub":{"-a-":{}}})", R"(line 1, column 15: tag "-a-" is an object and counts as empty)"},
      {R"({"sub":{"<%asm_preferences_url%>":"x"}})",
       R"(line 1, column 9: tag "<%asm_preferences_url%>" has a meaning of its own: the one in 'sub' wins)"},
      {R"({"to":["a@x","b@x","c@x"],"sub":{"-a-":["1","2"]}})",
       R"(line 1, column 40: tag "-a-" has 2 values for 3 recipients: it is empty for the others)"},
      {R"({"to":["a@x"],"sub":{"-a-":["1","2"]}})",
       R"(line 1, column 28: tag "-a-" has 2 values for 1 recipients: the surplus is ignored)"},
      {R"({"section":{"-a-":[1]}})",
       R"(line 1, column 19: section "-a-" is an array and counts as empty)"},
      {R"({"category":null})", nullptr},
      {R"({"category":[null]})", "line 1, column 14: a category that is null is ignored"},
      {R"({"category":""})", "line 1, column 13: a category that is empty is ignored"},
      {R"({"category":{}})", "line 1, column 13: a category that is an object is ignored"},
      {R"({"category":["1","2","3","4","5","6","7","8","9","10","11","12"]})",
       "line 1, column 13: only the first 10 categories are kept, 2 dropped"},
      {R"({"batch_id":"a b"})",
       "line 1, column 13: 'batch_id' ignored: it must be 1 to 100 of A-Z a-z 0-9 - and _"},
      {R"({"asm_group_id":"x"})",
       "line 1, column 17: 'asm_group_id' ignored: a string where an integer belongs"},
      {R"({"asm_group_id":5})", nullptr},
      {R"({"asm_groups_to_display":"x"})",
       "line 1, column 26: 'asm_groups_to_display' ignored: a string is no array"},
      {R"({"asm_groups_to_display":["x",1]})",
       "line 1, column 26: 'asm_groups_to_display': 1 of its entries is no integer"},
      {R"({"category":"\ud83d"})", "line 1, column 14: half of a surrogate pair counts as U+FFFD"},
      {R"({"category":"\u0000\u0000"})",
       "line 1, column 14: \\u0000 counts as U+FFFD: NUL cannot be mailed (2 times)"},
      {"{\"category\":\"a\tb\"}",
       "line 1, column 15: a control character in a string counts as a space"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.value);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(texts(parsed.warnings), c.want ? Strings{c.want} : Strings{});
  }
}

TEST(ParseTest, TellsEachProblem) {  // ERR-4
  const struct {
    const char* why;
    std::string value;
    const char* want;
  } cases[] = {
      {"not JSON", R"({"to": ["a@x"])",
       "line 1, column 15: not JSON: expected ',' or '}' after the value of 'to', found the end of "
       "the text"},
      {"plain text", "hello",
       R"(line 1, column 1: not JSON: expected an object in braces, found "hello")"},
      {"HDR-9: residue", R"({"to":=0A["a@x"]})",
       R"(line 1, column 7: not JSON: expected a value for 'to', found "=": left over from quoted-printable or an encoded word)"},
      {"top level array", R"([{"to":"a@x"}])",
       "line 1, column 1: the header is an array: it must be one JSON object"},
      {"an empty array", "[]",
       "line 1, column 1: the header is an array: it must be one JSON object"},
      {"null", "null", "line 1, column 1: the header is null: it must be one JSON object"},
      {"a string", R"("{}")",
       "line 1, column 1: the header is a string: it must be one JSON object"},
      {"two objects", "{}{}",
       R"(line 1, column 3: not JSON: expected the end of the text behind the value, found "{")"},
      {"HDR-7: Latin-1", "{\"category\":\"caf\xE9\"}",
       "line 1, column 17: octet 0xE9 is not UTF-8: write other characters as \\uXXXX"},
      {"HDR-7: overlong", "{\"category\":\"\xC0\xAF\"}",
       "line 1, column 14: octet 0xC0 is not UTF-8: write other characters as \\uXXXX"},
      {"HDR-7: surrogate in UTF-8", "{\"category\":\"\xED\xA0\x80\"}",
       "line 1, column 14: octet 0xED is not UTF-8: write other characters as \\uXXXX"},
      {"to: a number", R"({"to":5})",
       "line 1, column 7: 'to' is a number: it must be an array of addresses"},
      {"to: an object", R"({"to":{"0":"a@x"}})",
       "line 1, column 7: 'to' is an object: it must be an array of addresses"},
      {"to: a boolean", R"({"to":true})",
       "line 1, column 7: 'to' is a boolean: it must be an array of addresses"},
      {"to: an entry that is a number", R"({"to":["a@x",5]})",
       "line 1, column 14: 'to' entry 2 is a number: each must be a string"},
      {"to: an entry that is null", R"({"to":[null]})",
       "line 1, column 8: 'to' entry 1 is null: each must be a string"},
      {"to: entries that are objects", R"({"to":["a@x",{"email":"b@x"},{},[]]})",
       "line 1, column 14: 'to' entry 2 is an object: each must be a string (2 more are not)"},
      {"sub: a string", R"({"sub":"-n-"})",
       "line 1, column 8: 'sub' is a string: it must be an object"},
      {"sub: an array", R"({"sub":[1]})",
       "line 1, column 8: 'sub' is an array: it must be an object"},
      {"section: a number", R"({"section":0})",
       "line 1, column 12: 'section' is a number: it must be an object"},
      {"section: an array", R"({"section":["a"]})",
       "line 1, column 12: 'section' is an array: it must be an object"},
      {"unique_args: a string", R"({"unique_args":""})",
       "line 1, column 16: 'unique_args' is a string: it must be an object"},
      {"unique_args: an array", R"({"unique_args":[{}]})",
       "line 1, column 16: 'unique_args' is an array: it must be an object"},
      {"filters: a boolean", R"({"filters":false})",
       "line 1, column 12: 'filters' is a boolean: it must be an object"},
      {"filters: an array", R"({"filters":["footer"]})",
       "line 1, column 12: 'filters' is an array: it must be an object"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_FALSE(parsed.empty);
    EXPECT_THAT(texts(parsed.problems), ElementsAre(c.want));
  }
}

TEST(ParseTest, AnEmptyArrayStandsForAnEmptyObject) {  // what PHP writes
  const ParsedHeader parsed =
      parse(R"({"sub":[],"section":[],"unique_args":[ ],"filters":[],"category":"a"})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(texts(parsed.warnings), IsEmpty());
}

TEST(ParseTest, TellsAllProblemsInTheOrderOfTheText) {  // ERR-6
  const ParsedHeader parsed = parse(
      R"({"unique_args":1,"to":[1],"send_at":"soon","filters":"x","sub":2,"section":3,"send_each_at":[{}]})");
  EXPECT_THAT(
      texts(parsed.problems),
      ElementsAre("line 1, column 16: 'unique_args' is a number: it must be an object",
                  "line 1, column 24: 'to' entry 1 is a number: each must be a string",
                  R"(line 1, column 37: 'send_at' is "soon": it must be a Unix time in seconds)",
                  "line 1, column 54: 'filters' is a string: it must be an object",
                  "line 1, column 64: 'sub' is a number: it must be an object",
                  "line 1, column 76: 'section' is a number: it must be an object",
                  "line 1, column 94: 'send_each_at' entry 1 is an object: it must be a Unix time "
                  "in seconds"));
}

TEST(ParseTest, ReadsOnBehindASyntaxErrorAsFarAsItCan) {  // ERR-3, ERR-6
  const ParsedHeader parsed = parse(R"({"to":["a@x","b@x"],"sub":7,"category":"news")");
  EXPECT_THAT(parsed.document.to, ElementsAre("a@x", "b@x"));
  EXPECT_THAT(texts(parsed.problems),
              ElementsAre("line 1, column 27: 'sub' is a number: it must be an object",
                          "line 1, column 46: not JSON: expected ',' or '}' after the value of "
                          "'category', found the end of the text"));
  EXPECT_THAT(parse(R"({"to":["a@x","b)").document.to, IsEmpty()) << "not complete";
  EXPECT_THAT(parse(R"({"to":["a@x"]} trailing)").document.to, ElementsAre("a@x"));
}

TEST(ParseTest, OctetsThatAreNotUtf8DoNotHideTheRest) {
  const ParsedHeader parsed = parse("{\"category\":\"caf\xE9\",\"to\":[\"a@x\"],\"sub\":1}");
  EXPECT_THAT(
      texts(parsed.problems),
      ElementsAre("line 1, column 17: octet 0xE9 is not UTF-8: write other characters as \\uXXXX",
                  "line 1, column 39: 'sub' is a number: it must be an object"));
  EXPECT_THAT(parsed.document.to, ElementsAre("a@x"));
  EXPECT_THAT(parsed.document.category, ElementsAre("caf?"));
}

TEST(ParseTest, LimitsTheRecipients) {  // TO-11, ERR-7
  Limits limits;
  limits.recipients = 2;
  EXPECT_THAT(parse(R"({"to":["a@x","b@x"]})", limits).problems, IsEmpty());
  const ParsedHeader over = parse(R"({"to":["a@x","b@x","c@x"]})", limits);
  EXPECT_THAT(
      texts(over.problems),
      ElementsAre(
          "line 1, column 7: 'to' has 3 entries: at most 2 are allowed, split the message"));
  EXPECT_EQ(over.document.to.size(), 3u) << "ERR-3: each is told";
  limits.recipients = 0;
  EXPECT_THAT(parse(R"({"to":["a@x","b@x","c@x"]})", limits).problems, IsEmpty());
}

TEST(ParseTest, LimitsTheSubstitutionsOfOneRecipient) {  // SUB-15
  const struct {
    const char* why;
    std::size_t limit;
    const char* value;
    const char* want;
  } cases[] = {
      {"tag and value just fit", 5, R"({"to":["a@x"],"sub":{"-n-":["ab"]}})", nullptr},
      {"one too many", 5, R"({"to":["a@x"],"sub":{"-n-":["abc"]}})",
       "line 1, column 21: tags and values of recipient 1 have 6 bytes: at most 5 are allowed"},
      {"UTF-8 bytes", 5, R"({"to":["a@x"],"sub":{"-n-":["\u20ac"]}})",
       "line 1, column 21: tags and values of recipient 1 have 6 bytes: at most 5 are allowed"},
      {"the first of several", 5, R"({"to":["a@x","b@x","c@x"],"sub":{"-n-":["","abcd","abc"]}})",
       "line 1, column 33: tags and values of recipient 2 have 7 bytes: at most 5 are allowed (1 "
       "more recipients are over it)"},
      {"all tags count", 5, R"({"to":["a@x"],"sub":{"-n-":[],"-m-":[]}})",
       "line 1, column 21: tags and values of recipient 1 have 6 bytes: at most 5 are allowed"},
      {"a bare value counts for everyone", 5, R"({"to":["a@x","b@x"],"sub":{"-n-":"abc"}})",
       "line 1, column 27: tags and values of recipient 1 have 6 bytes: at most 5 are allowed (1 "
       "more recipients are over it)"},
      {"SUB-4: surplus values do not count", 5, R"({"to":["a@x"],"sub":{"-n-":["","abcdefg"]}})",
       nullptr},
      {"without to: each row", 5, R"({"sub":{"-n-":["","abc"]}})",
       "line 1, column 8: tags and values of recipient 2 have 6 bytes: at most 5 are allowed"},
      {"without to and values", 2, R"({"sub":{"-n-":[]}})",
       "line 1, column 8: tags and values of recipient 1 have 3 bytes: at most 2 are allowed"},
      {"sub before to", 5, R"({"sub":{"-n-":["abc","abc"]},"to":["a@x"]})",
       "line 1, column 8: tags and values of recipient 1 have 6 bytes: at most 5 are allowed"},
      {"sections do not count", 5, R"({"section":{"-section-":"abcdefg"}})", nullptr},
      {"ERR-7: 0 is no limit", 0, R"({"to":["a@x"],"sub":{"-n-":["abcdefg"]}})", nullptr},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Limits limits;
    limits.substitution_bytes = c.limit;
    EXPECT_EQ(texts(parse(c.value, limits).problems), c.want ? Strings{c.want} : Strings{});
  }
}

TEST(ParseTest, SurplusSubstitutionsDoNotCount) {  // SUB-4
  constexpr const char* value = R"({"sub":{"-n-":["","abcdefg"]}})";
  Limits limits;
  limits.substitution_bytes = 5;
  EXPECT_THAT(parse(value, limits, 1).problems, IsEmpty()) << "nobody has the second value";
  EXPECT_EQ(parse(value, limits, 2).problems.size(), 1u);
  EXPECT_EQ(parse(value, limits, 3).problems.size(), 1u);
  limits.substitution_bytes = 2;
  EXPECT_EQ(parse(value, limits, 1).problems.size(), 1u) << "the tag is everybody's";
}

TEST(ParseTest, LimitsTheUniqueArguments) {  // UA-1: of the compact UTF-8 JSON text
  const struct {
    const char* why;
    const char* value;
    std::size_t size;
  } cases[] = {
      {"empty", "{}", 2},
      {"one", R"({"a":"b"})", 9},
      {"white space does not count", R"({ "a" : "b" , "c" : 1 })", 15},
      {"numbers as written", R"({"a":12.50})", 11},
      {"needless escapes do not count", R"({"\u0061":"\/\u00e9"})", 11},
      {"needed escapes do", R"({"a":"\"\\\n\u0001"})", 20},
      {"nested", R"({"a": {"b": [ 1 ]}})", 15},
      {"null as written", R"({"a":null})", 10},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Limits limits;
    const std::string value = R"({"unique_args":)" + std::string(c.value) + "}";
    limits.unique_args_bytes = c.size;
    EXPECT_THAT(texts(parse(value, limits).problems), IsEmpty());
    limits.unique_args_bytes = c.size - 1;
    EXPECT_THAT(texts(parse(value, limits).problems),
                ElementsAre("line 1, column 16: 'unique_args' has " + std::to_string(c.size) +
                            " bytes: at most " + std::to_string(c.size - 1) + " are allowed"));
    limits.unique_args_bytes = 0;
    EXPECT_THAT(texts(parse(value, limits).problems), IsEmpty());
  }
}

TEST(ParseTest, LimitsTheWholeHeader) {  // HDR-10
  Limits limits;
  limits.header_bytes = 20;
  EXPECT_THAT(parse(R"({"category":"12345"})", limits).problems, IsEmpty());
  const ParsedHeader over = parse(R"({"category":"123456"})", limits);
  EXPECT_THAT(texts(over.problems),
              ElementsAre("the header has 21 bytes: at most 20 are allowed, split the message"));
  EXPECT_THAT(over.document.category, IsEmpty());
  EXPECT_FALSE(over.empty);
}

TEST(ParseTest, ManyRemarksAreCountedNotListed) {
  std::string value = "{";
  for (int i = 0; i < 5000; ++i) value += (i ? ",\"x" : "\"x") + std::to_string(i) + "\":1";
  const ParsedHeader parsed = parse(value + "}");
  ASSERT_EQ(parsed.warnings.size(), 101u);
  EXPECT_EQ(to_string(parsed.warnings.front()), R"(line 1, column 2: unknown key "x0" ignored)");
  EXPECT_EQ(to_string(parsed.warnings.back()), "and 4900 more like these");

  std::string times = R"({"send_each_at":["x")";
  for (int i = 0; i < 5000; ++i) times += ",\"x\"";
  EXPECT_EQ(parse(times + "]}").problems.size(), 101u);
}

TEST(ParseTest, RemarksNeverCarryClientsControlCharacters) {
  const ParsedHeader parsed = parse(
      "{\"a\\nb\\u001b\":1,\"filters\":{\"x\\r\\n\":{}},\"sub\":{\"t\\n\":[{}]},\"send_at\":"
      "\"\\n1x\"}");
  EXPECT_EQ(parsed.warnings.size(), 3u);
  EXPECT_EQ(parsed.problems.size(), 1u);
  for (const auto& remarks : {texts(parsed.warnings), texts(parsed.problems)}) {
    for (const std::string& text : remarks) {
      for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
    }
  }
  const ParsedHeader long_key = parse("{\"" + repeated("k", 5000) + "\":1}");
  EXPECT_LT(to_string(long_key.warnings.at(0)).size(), 200u);
}

}  // namespace
}  // namespace smtpapi
