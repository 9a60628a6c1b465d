// W3C Trace Context level 2 and Baggage.
#include <string>
#include <vector>

#include "agent/codecs/propagation/propagation_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

const std::string kIds = std::string(kTrace) + "-" + kSpan;

TEST(Traceparent, CarriesIdsAndFlags) {
  EXPECT_EQ(show(parse_traceparent("00-" + kIds + "-01")), kShown + "1");
  EXPECT_EQ(show(parse_traceparent("00-" + kIds + "-00")), kShown + "0");
}

TEST(Traceparent, KeepsTheRandomFlagAndZeroesOthers) {
  EXPECT_EQ(show(parse_traceparent("00-" + kIds + "-03")), kShown + "3");
  EXPECT_EQ(show(parse_traceparent("00-" + kIds + "-02")), kShown + "2");
  EXPECT_EQ(show(parse_traceparent("00-" + kIds + "-ff")), kShown + "3");
  EXPECT_EQ(show(parse_traceparent("00-" + kIds + "-fc")), kShown + "0");
}

TEST(Traceparent, ToleratesWhiteSpaceAround) {
  EXPECT_EQ(show(parse_traceparent(" \t00-" + kIds + "-01\t ")), kShown + "1");
}

TEST(Traceparent, OfAHigherVersionMayGoOnAfterADash) {
  EXPECT_EQ(show(parse_traceparent("01-" + kIds + "-01")), kShown + "1");
  EXPECT_EQ(show(parse_traceparent("cc-" + kIds + "-01-what-the-future-brings")), kShown + "1");
  EXPECT_EQ(show(parse_traceparent("fe-" + kIds + "-03-")), kShown + "3");
  EXPECT_EQ(show(parse_traceparent("01-" + kIds + "-01.x")), "invalid");
  EXPECT_EQ(show(parse_traceparent("01-" + kIds + "-010")), "invalid");
}

TEST(Traceparent, ThatIsMalformedIsInvalid) {
  const std::string zero_trace(32, '0');
  const std::string zero_span(16, '0');
  for (const std::string& value :
       std::vector<std::string>{"",
                                "00",
                                "00-" + kIds,
                                "00-" + kIds + "-",
                                "00-" + kIds + "-0",
                                "00-" + kIds + "-010",
                                "00-" + kIds + "-01-",
                                "00-" + kIds + "-01-x",
                                "ff-" + kIds + "-01",
                                "0-" + kIds + "-001",
                                "00-" + zero_trace + "-" + kSpan + "-01",
                                std::string("00-") + kTrace + "-" + zero_span + "-01",
                                "00-0AF7651916CD43DD8448EB211C80319C-" + std::string(kSpan) + "-01",
                                std::string("00-") + kTrace + "-B7AD6B7169203331-01",
                                "00-" + kIds + "-0A",
                                "0A-" + kIds + "-01",
                                "00_" + kIds + "-01",
                                "00-" + kIds + "_01",
                                std::string("00-") + kTrace + "_" + kSpan + "-01",
                                "00-gaf7651916cd43dd8448eb211c80319c-" + std::string(kSpan) + "-01",
                                std::string("00-") + kTrace + "-b7ad6b716920333g-01",
                                "00-" + kIds + "-0g",
                                "00- " + kIds + "-01",
                                "00-" + kIds.substr(1) + "-01-",
                                "00-" + kIds + "-01,00-" + kIds + "-01",
                                "00-" + kIds + std::string("-0\0", 3)})
    EXPECT_EQ(show(parse_traceparent(value)), "invalid") << value;
}

TEST(Traceparent, EveryByteOfItMatters) {
  const std::string good = "00-" + kIds + "-01";
  for (size_t i = 0; i < good.size(); ++i)
    for (const char c : {'A', 'g', ' ', ':', '\0', '\xff', '/', '`'}) {
      std::string bad = good;
      bad[i] = c;
      EXPECT_FALSE(parse_traceparent(bad).valid) << bad;
    }
}

TEST(Traceparent, IsWrittenAsVersion00) {
  char out[56] = {};
  out[55] = '!';
  format_traceparent(parse_traceparent("cc-" + kIds + "-ff-x"), out);
  EXPECT_EQ(std::string(out, 56), "00-" + kIds + "-03!");
}

// Several tracestate headers, one after the other.
struct State {
  explicit State(size_t capacity) : out(capacity, '#') {}
  State& add(std::string_view value) {
    size = append_tracestate(out.data(), size, out.size(), value, invalid);
    return *this;
  }
  std::string text() const { return invalid ? "invalid" : out.substr(0, size); }
  std::string out;
  size_t size = 0;
  bool invalid = false;
};
std::string state_of(std::string_view value) { return State(8192).add(value).text(); }

TEST(Tracestate, IsPassedOnWithoutOptionalWhiteSpace) {
  EXPECT_EQ(state_of("foo=1"), "foo=1");
  EXPECT_EQ(state_of(" foo=1 ,\tbar=2\t, ,,baz=3 "), "foo=1,bar=2,baz=3");
  EXPECT_EQ(state_of("foo= a b"), "foo= a b");
  EXPECT_EQ(state_of(""), "");
  EXPECT_EQ(state_of(" , "), "");
}

TEST(Tracestate, SeveralHeadersAreCombinedInOrder) {
  EXPECT_EQ(State(64).add("foo=1,bar=2").add("").add("baz=3").text(), "foo=1,bar=2,baz=3");
}

TEST(Tracestate, KeysAndValuesHaveTheirAlphabets) {
  for (const std::string& good : std::vector<std::string>{
           "a=1", "0=1", "a_-*/@b=1", "tenant@system=1", std::string(256, 'k') + "=1",
           "k=" + std::string(256, 'v'), "k=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"})
    EXPECT_EQ(state_of(good), good);
  for (const std::string& bad : std::vector<std::string>{"a",
                                                         "=1",
                                                         "a=",
                                                         "A=1",
                                                         "aB=1",
                                                         "_a=1",
                                                         "@a=1",
                                                         "a =1",
                                                         "a b=1",
                                                         "a.b=1",
                                                         "a=1=2",
                                                         "a=b\tc",
                                                         "a=\xc3\xa4",
                                                         "a=\x7f",
                                                         std::string("a=\0b", 4),
                                                         "\xc3\xa4=1",
                                                         std::string(257, 'k') + "=1",
                                                         "k=" + std::string(257, 'v'),
                                                         "good=1,bad",
                                                         "a=1\r\nX: y"})
    EXPECT_EQ(state_of(bad), "invalid") << bad;
}

TEST(Tracestate, OneBadHeaderSpoilsTheWholeList) {
  EXPECT_EQ(State(64).add("foo=1").add("bad").text(), "invalid");
  EXPECT_EQ(State(64).add("bad").add("foo=1").text(), "invalid");
  State state(64);
  state.add("foo=1").add("bad");
  EXPECT_EQ(state.size, 0u);
}

TEST(Tracestate, OfTwoMembersWithOneKeyTheNewestStays) {
  EXPECT_EQ(state_of("foo=1,bar=2,foo=3"), "foo=1,bar=2");
  EXPECT_EQ(State(64).add("foo=1").add("foo=2,fo=3,fooo=4").text(), "foo=1,fo=3,fooo=4");
}

TEST(Tracestate, HasAtMost32Members) {
  std::string list;
  for (int i = 0; i < 32; ++i) list += (i > 0 ? ",k" : "k") + std::to_string(i) + "=v";
  EXPECT_EQ(state_of(list), list);
  EXPECT_EQ(state_of(list + ",k0=again"), list) << "a repeated key does not count";
  EXPECT_EQ(state_of(list + ",k32=v"), "invalid");
  EXPECT_EQ(State(8192).add(list).add("k32=v").text(), "invalid");
}

TEST(Tracestate, ThatDoesNotFitIsInvalid) {
  EXPECT_EQ(State(11).add("foo=1,bar=2").text(), "foo=1,bar=2");
  EXPECT_EQ(State(10).add("foo=1,bar=2").text(), "invalid");
  EXPECT_EQ(State(0).add("").text(), "");
}

TEST(Tracestate, Of512CharactersIsPassedOn) {
  std::string list = "first=" + std::string(100, 'a');
  while (list.size() < 480) list += ",k" + std::to_string(list.size()) + "=" + std::string(20, 'v');
  list.resize(512, 'v');
  EXPECT_EQ(State(512).add(list).text(), list);
  EXPECT_EQ(shorten_tracestate(list.data(), list.size(), 512), 512u);
}

std::string shortened(std::string text, size_t limit) {
  const size_t size = shorten_tracestate(text.data(), text.size(), limit);
  return text.substr(0, size);
}
std::string member(const std::string& key, size_t size) {
  return key + "=" + std::string(size - key.size() - 1, 'v');
}

TEST(Tracestate, IsCutByItsLongMembersFirst) {
  const std::string a = member("a", 128), b = member("b", 129), c = member("c", 128),
                    d = member("d", 300), e = member("e", 128);
  const std::string all = a + "," + b + "," + c + "," + d + "," + e;
  EXPECT_EQ(shortened(all, all.size()), all);
  EXPECT_EQ(shortened(all, all.size() - 1), a + "," + b + "," + c + "," + e);
  EXPECT_EQ(shortened(all, 512), a + "," + c + "," + e);
  EXPECT_EQ(shortened(d + "," + a, 200), a);
  EXPECT_EQ(shortened(d, 200), "");
}

TEST(Tracestate, IsCutFromTheEndThen) {
  const std::string a = member("a", 128), b = member("b", 128), c = member("c", 128),
                    d = member("d", 128), e = member("e", 20);
  EXPECT_EQ(shortened(a + "," + b + "," + c + "," + d + "," + e, 512), a + "," + b + "," + c);
  EXPECT_EQ(shortened("a=1,b=2,c=3", 7), "a=1,b=2");
  EXPECT_EQ(shortened("a=1,b=2,c=3", 6), "a=1");
  EXPECT_EQ(shortened("a=1,b=2,c=3", 2), "");
  EXPECT_EQ(shortened("", 0), "");
}

struct BaggageList {
  explicit BaggageList(size_t capacity) : out(capacity, '#') {}
  BaggageList& add(std::string_view value) {
    size = append_baggage(out.data(), size, out.size(), value);
    return *this;
  }
  std::string text() const { return out.substr(0, size); }
  std::string out;
  size_t size = 0;
};
std::string baggage_of(std::string_view value) { return BaggageList(16384).add(value).text(); }

TEST(Baggage, IsPassedOnUntouched) {
  for (const char* value :
       {"user=al%20ice;prop=1;flag, tier = gold", "a=1,b=\xc3\xa4", "no equals sign", ""})
    EXPECT_EQ(baggage_of(value), value);
  EXPECT_EQ(BaggageList(64).add(" a=1 ").add("").add("b=2,c=3").text(), "a=1,b=2,c=3");
}

TEST(Baggage, LosesWhatCouldEndAFieldLine) {
  EXPECT_EQ(baggage_of("a=1,b=\r2,c=3"), "a=1,c=3");
  EXPECT_EQ(baggage_of("a=1\r\nX: y"), "");
  EXPECT_EQ(baggage_of(std::string_view("a=1,b\0=2,c\x7f,,d=\t4", 17)), "a=1,d=\t4");
}

TEST(Baggage, HasAtMost64WholeMembers) {
  std::string list;
  for (int i = 0; i < 64; ++i) list += (i > 0 ? ",k" : "k") + std::to_string(i) + "=v";
  EXPECT_EQ(baggage_of(list), list);
  EXPECT_EQ(baggage_of(list + ",k64=v"), list);
  EXPECT_EQ(BaggageList(8192).add(list).add("k64=v").text(), list);
}

TEST(Baggage, HasAtMost8192BytesAndNoPartialMember) {
  const std::string a = "a=" + std::string(4000, 'x'), b = "b=" + std::string(4187, 'y');
  EXPECT_EQ(a.size() + 1 + b.size(), 8192u);
  EXPECT_EQ(baggage_of(a + "," + b), a + "," + b);
  EXPECT_EQ(baggage_of(a + "," + b + "y"), a);
  EXPECT_EQ(baggage_of("k=" + std::string(8191, 'v')), "");
  EXPECT_EQ(BaggageList(7).add("a=1,b=2,c=3").text(), "a=1,b=2");
  EXPECT_EQ(BaggageList(6).add("a=1,b=2,c=3").text(), "a=1");
}

TEST(Propagators, AreNamedInAList) {
  EXPECT_EQ(parse_propagators("tracecontext,baggage"), kTraceContext | kBaggage);
  EXPECT_EQ(parse_propagators(" B3 ,b3Multi,\tJAEGER,xray,ottrace,gcp"),
            kB3 | kB3Multi | kJaeger | kXray | kOtTrace | kGcp);
  EXPECT_EQ(parse_propagators("b3,b3,unknown,,b3"), kB3);
  EXPECT_EQ(parse_propagators("none"), 0u);
  EXPECT_EQ(parse_propagators("none,b3"), kB3);
}

TEST(Propagators, WithoutOneKnownNameAreTheDefault) {
  for (const char* text : {"", " ", ",", "b4", "b3x", "tracecontex"})
    EXPECT_EQ(parse_propagators(text), kTraceContext | kBaggage) << text;
}

}  // namespace
}  // namespace seamtrace::agent::codecs
