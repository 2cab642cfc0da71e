// Expected texts: Prometheus' template documentation and Go's text/template and fmt documentation.
#include "alerting/template/template.h"

#include <limits>

#include "tests/support/catch.h"

namespace vigia::alerting {
namespace {

using storage::Labels;

TemplateEnvironment Environment(promql::Vector result = {}) {
  TemplateEnvironment environment;
  environment.query = [result = std::move(result)](std::string_view) -> storage::Result<promql::Vector> {
    return result;
  };
  environment.now_ms = 1'435'065'584'128;
  environment.external_url = "http://testhost:9090/path/prefix";
  environment.path_prefix = "/path/prefix";
  return environment;
}

std::string Expand(std::string_view text, promql::Vector result = {}, const TemplateValue& data = {}) {
  const auto parsed = Template::Parse("test", text);
  if (!parsed) return "error: " + parsed.error().what;
  const auto out = parsed->Expand(data, Environment(std::move(result)));
  return out ? *out : "error: " + out.error().what;
}

std::string ExpandAlert(std::string_view text, double value = 0.25) {
  const auto parsed = ParseAlertTemplate("Down", text);
  if (!parsed) return "error: " + parsed.error().what;
  promql::VectorElement element;
  element.v = value;
  const auto data = AlertTemplateData(Labels{{"job", "api"}, {"instance", "a:9100"}}, Labels{{"region", "eu"}},
                                      "http://x:9090", element);
  const auto out = parsed->Expand(data, Environment());
  return out ? *out : "error: " + out.error().what;
}

struct Case {
  std::string text;
  std::string want;
};

void Check(const std::vector<Case>& cases, const promql::Vector& result = {}) {
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(Expand(c.text, result) == c.want);
  }
}

TEST_CASE("plain text, literals and trimming") {
  Check({
      {"plain text", "plain text"},
      {"{{ 1 }}", "1"},
      {"{{ \"<b>\" }}", "<b>"},
      {"{{ `raw \\n` }}", "raw \\n"},
      {"{{ \"tab\\tq\\\"x\\u00e9\" }}", "tab\tq\"x\u00e9"},
      {"{{ 'a' }}", "97"},
      {"{{ 0x10 }} {{ 1_000 }} {{ 1e3 }} {{ 1.0 }} {{ -3 }} {{ .5 }}", "16 1000 1000 1 -3 0.5"},
      {"{{ true }}{{ false }}", "truefalse"},
      {"a {{- 1 -}} b", "a1b"},
      {"a\n {{- /* comment */ -}} \n b", "ab"},
      {"a{{/* comment */}}b", "ab"},
      {"{{ 1 }}\n", "1\n"},
      {"{{- 1 }} {{ 2 -}}\n", "1 2"},
  });
}

TEST_CASE("numbers print as Go's %v") {
  Check({
      {"{{ 1000000.0 }} {{ 999999.0 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1234567.0 }} {{ 12.0 }} {{ 0.05 }}",
       "1e+06 999999 0.0001 1e-05 1.234567e+06 12 0.05"},
      {"{{ 1000000 }}", "1000000"},
  });
}

TEST_CASE("control structures") {
  Check({
      {"{{ if true }}a{{ else }}b{{ end }}", "a"},
      {"{{ if 0 }}a{{ else if \"\" }}b{{ else }}c{{ end }}", "c"},
      {"{{ if 0 }}a{{ else if 1 }}b{{ else }}c{{ end }}", "b"},
      {"{{ with \"x\" }}{{ . }}{{ else }}none{{ end }}", "x"},
      {"{{ with \"\" }}{{ . }}{{ else }}none{{ end }}", "none"},
      {"{{ with \"\" }}a{{ else with \"y\" }}{{ . }}{{ end }}", "y"},
      {"{{ range query \"none\" }}x{{ else }}empty{{ end }}", "empty"},
      {"{{ range $i, $e := slice (args 1) }}{{ end }}",
       "error: error executing template test: template: test:1:19: "
       "executing \"test\" at <slice (args 1)>: error calling slice: "
       "can't slice item of type map[string]interface {}"},
      {"{{ range $k, $v := args \"a\" \"b\" }}{{ $k }}={{ $v }};{{ end }}", "arg0=a;arg1=b;"},
      {"{{ range $v := args 1 2 3 }}{{ if eq $v 2 }}{{ continue }}{{ end }}{{ $v }}{{ end }}", "13"},
      {"{{ range $v := args 1 2 3 }}{{ if eq $v 2 }}{{ break }}{{ end }}{{ $v }}{{ end }}", "1"},
      {"{{ range 3 }}{{ . }}{{ end }}", "012"},
      {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
      {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"},
      {"{{define \"x\"}}{{.arg0}} {{.arg1}}{{end}}{{template \"x\" (args 1 \"2\")}}", "1 2"},
      {"{{block \"b\" 7}}<{{.}}>{{end}}", "<7>"},
      {"{{define \"x\"}}{{.}}{{end}}{{template \"x\"}}", "<no value>"},
      {"{{ .Foo }}", "<no value>"},
      {"{{ (1) | printf \"%d-%s\" 2 }}", "2-%!s(int=1)"},
  });
}

TEST_CASE("comparison and logic") {
  Check({
      {"{{ eq 1 1 }} {{ eq 1 2 3 1 }} {{ ne \"a\" \"b\" }}", "true true true"},
      {"{{ lt 1 2 }} {{ le 2 2 }} {{ gt 1.5 2.5 }} {{ ge \"b\" \"a\" }}", "true true false true"},
      {"{{ and 1 0 }} {{ or 0 \"x\" }} {{ not 0 }} {{ and 1 2 }}", "0 x true 2"},
      {"{{ or 1 (index \"\" 5) }}", "1"},
      {"{{ eq 1 1.0 }}",
       "error: error executing template test: template: test:1:3: executing \"test\" at <eq 1 1.0>: error calling eq: "
       "incompatible types for comparison"},
      {"{{ len \"abc\" }} {{ index \"abc\" 1 }} {{ slice \"abcdef\" 1 3 }}", "3 98 bc"},
      {"{{ index (args 5 6) \"arg1\" }}", "6"},
  });
}

TEST_CASE("printf verbs") {
  Check({
      {"{{ printf \"%s|%q|%v\" \"a\" \"b\" \"c\" }}", "a|\"b\"|c"},
      {"{{ printf \"%d|%5d|%-5d|%05d|%+d|%x|%X\" 7 7 7 7 7 255 255 }}", "7|    7|7    |00007|+7|ff|FF"},
      {"{{ printf \"%f|%.2f|%e|%g|%8.3f|%-8.1f|\" 1.5 1.239 1500.0 1e21 3.14159 2.25 }}",
       "1.500000|1.24|1.500000e+03|1e+21|   3.142|2.2     |"},
      {"{{ printf \"%.4g %.0f%%\" 1234567.0 99.5 }}", "1.235e+06 100%"},
      {"{{ printf \"%t %v %T\" true nil 1.5 }}", "true <nil> float64"},
      {"{{ printf \"%d\" 1.5 }}", "%!d(float64=1.5)"},
      {"{{ printf \"%d\" }}", "%!d(MISSING)"},
      {"{{ printf \"x\" 1 }}", "x%!(EXTRA int=1)"},
      {"{{ printf \"%!\" }}", "%!!(MISSING)"},
      {"{{ printf \"%\" }}", "%!(NOVERB)"},
      {"{{ printf \"%5s|%-5s|%.2s\" \"ab\" \"ab\" \"abcd\" }}", "   ab|ab   |ab"},
      {"{{ printf \"%c %U %x\" 65 65 \"hi\" }}", "A U+0041 6869"},
      {"{{ print 1 2 \"a\" 3 }} {{ println 1 \"x\" }}", "1 2a3 1 x\n"},
      {"{{ html \"<a&'\\\">\" }} {{ urlquery \"a b&c\" }} {{ js \"it's\" }}",
       "&lt;a&amp;&#39;&#34;&gt; a+b%26c it\\'s"},
  });
}

TEST_CASE("queries") {
  promql::Vector result(2);
  result[0].metric = Labels{{"__name__", "metric"}, {"instance", "b"}, {"__value__", "v"}};
  result[0].v = 21;
  result[1].metric = Labels{{"__name__", "metric"}, {"instance", "a"}};
  result[1].v = 11;
  Check(
      {
          {"{{ query \"metric\" | first | value }}", "21"},
          {"{{ query \"metric\" | first | label \"instance\" }}", "b"},
          {"{{ query \"metric\" | first | label \"foo\" }}", ""},
          {"{{ query \"metric\" | first | strvalue }}", "v"},
          {"{{ $x := query \"metric\" | first }}{{ $x.Labels.foo }}{{ $x.Labels.instance }}", "b"},
          {"{{ range query \"metric\" | sortByLabel \"instance\" }}{{.Labels.instance}}:{{.Value}}: {{end}}",
           "a:11: b:21: "},
          {"{{ with query \"metric\" }}{{ . | first | value | humanizeDuration }}{{ end }}", "21s"},
          {"{{ len (query \"metric\") }}", "2"},
          {"{{ (index (query \"metric\") 1).Value }}", "11"},
      },
      result);
}

TEST_CASE("query errors carry Go's position") {
  CHECK(
      Expand("{{ query \"missing\" | first }}") ==
      "error: error executing template test: template: test:1:21: executing \"test\" at <first>: error calling first: "
      "first() called on vector with no elements");
  CHECK(
      Expand("{{ (query \"missing\").banana }}") ==
      "error: error executing template test: template: test:1:10: executing \"test\" at <\"missing\">: can't evaluate "
      "field banana in type template.queryResult");
}

TEST_CASE("humanize") {
  Check({
      {"{{ humanize 0.0 }}:{{ humanize 1.0 }}:{{ humanize 1234567.0 }}:{{ humanize .12 }}", "0:1:1.235M:120m"},
      {"{{ humanize \"1234567.0\" }}:{{ humanize -1 }}:{{ humanize 9223372036854775807 }}", "1.235M:-1:9.223E"},
      {"{{ humanize1024 0.0 }}:{{ humanize1024 1048576.0 }}:{{ humanize1024 .12 }}:{{ humanize1024 1234567 }}",
       "0:1Mi:0.12:1.177Mi"},
      {"{{ humanizeDuration 0 }}:{{ humanizeDuration 1 }}:{{ humanizeDuration 60 }}:{{ humanizeDuration 3600 }}:"
       "{{ humanizeDuration 90000 }}:{{ humanizeDuration -183845 }}:{{ humanizeDuration 899.99 }}",
       "0s:1s:1m 0s:1h 0m 0s:1d 1h 0m 0s:-2d 3h 4m 5s:14m 59s"},
      {"{{ humanizeDuration .1 }}:{{ humanizeDuration .0001 }}:{{ humanizeDuration .12345 }}:{{ humanizeDuration "
       "1.2345 }}:"
       "{{ humanizeDuration 12.345 }}",
       "100ms:100us:123.5ms:1.234s:12.35s"},
      {"{{ humanizePercentage -0.22222 }}:{{ humanizePercentage 0.0 }}:{{ humanizePercentage 0.1234567 }}:"
       "{{ humanizePercentage 1.23456 }}",
       "-22.22%:0%:12.35%:123.5%"},
      {"{{ humanize \"+Inf\" }}:{{ humanize1024 \"-Inf\" }}:{{ humanizeDuration \"NaN\" }}:{{ humanizeTimestamp "
       "\"NaN\" }}",
       "+Inf:-Inf:NaN:NaN"},
      {"{{ 1435065584.128 | humanizeTimestamp }}", "2015-06-23 13:19:44.128 +0000 UTC"},
      {"{{ humanizeTimestamp -1 }}", "1969-12-31 23:59:59 +0000 UTC"},
      {"{{ humanizeTimestamp 9223372036 }}", "2262-04-11 23:47:16 +0000 UTC"},
      {"{{ (1435065584.128 | toTime).Format \"2006\" }}", "2015"},
      {"{{ (\"1435065584.128\" | toTime).Format \"Mon Jan _2 15:04:05.000 MST 2006\" }}",
       "Tue Jun 23 13:19:44.128 UTC 2015"},
      {"{{ now }}", "1.435065584128e+09"},
      {"{{ toDuration 3723.5 }}", "1h2m3.5s"},
      {"{{ printf \"%0.2f\" (parseDuration \"1h2m10ms\") }} {{ parseDuration \"-5m\" }}", "3720.01 -300"},
      {"{{ humanize \"one\" }}",
       "error: error executing template test: template: test:1:3: executing \"test\" at <humanize \"one\">: error "
       "calling "
       "humanize: strconv.ParseFloat: parsing \"one\": invalid syntax"},
      {"{{ \"one\" | humanizePercentage }}",
       "error: error executing template test: template: test:1:11: executing \"test\" at <humanizePercentage>: error "
       "calling humanizePercentage: strconv.ParseFloat: parsing \"one\": invalid syntax"},
      {"{{ humanizeTimestamp 9223372036854775807 }}",
       "error: error executing template test: template: test:1:3: executing \"test\" at <humanizeTimestamp "
       "9223372036854775807>: error calling humanizeTimestamp: 9.223372036854776e+18 cannot be represented as a "
       "nanoseconds timestamp since it overflows int64"},
      {"{{ parseDuration \"1m1h\" }}",
       "error: error executing template test: template: test:1:3: executing \"test\" at <parseDuration \"1m1h\">: "
       "error "
       "calling parseDuration: not a valid duration string: \"1m1h\""},
  });
}

TEST_CASE("strings, addresses, links") {
  Check({
      {"{{ \"aa bb CC\" | title }}:{{ \"aa bb CC\" | toUpper }}:{{ \"aA bB CC\" | toLower }}",
       "Aa Bb CC:AA BB CC:aa bb cc"},
      {"{{ toUpper \"señal Ωж\" }}", "SEÑAL ΩЖ"},
      {"{{ match \"a+\" \"aa\" }} {{ match \"a+\" \"b\" }}", "true false"},
      {"{{ reReplaceAll \"(a)b\" \"x$1\" \"ab\" }}", "xa"},
      {"{{ reReplaceAll \"a*\" \"-\" \"baaac\" }}", "-b-c-"},
      {"{{ reReplaceAll \"(?P<n>b)\" \"<${n}$$$1y>\" \"abc\" }}", "a<b$>c"},
      {"{{ reReplaceAll \"(?<n>b)\" \"<${n}>\" \"abc\" }}", "a<b>c"},
      {"{{ match \"a(?<n>.)c\" \"abc\" }}", "true"},
      {"{{ \"foo.example.com:12345\" | stripPort }} {{ \"192.0.2.1:12345\" | stripPort }} {{ \"2001:0DB8::1\" | "
       "stripPort }} "
       "{{ \"[2001:0DB8::1]:12345\" | stripPort }} {{ \"[2001:0DB8::1]::12345\" | stripPort }}",
       "foo.example.com 192.0.2.1 2001:0DB8::1 2001:0DB8::1 [2001:0DB8::1]::12345"},
      {"{{ \"foo.example.com\" | stripDomain }} {{ \"foo.example.com:12345\" | stripDomain }} {{ \"192.0.2.1\" | "
       "stripDomain "
       "}} {{ \"[2001:0DB8::1]:12345\" | stripDomain }}",
       "foo foo:12345 192.0.2.1 [2001:0DB8::1]:12345"},
      {"{{ graphLink \"up\" }} {{ tableLink \"up > 1\" }}",
       "/graph?g0.expr=up&g0.tab=0 /graph?g0.expr=up+%3E+1&g0.tab=1"},
      {"{{ pathPrefix }} {{ externalURL }}", "/path/prefix http://testhost:9090/path/prefix"},
      {"{{ urlQueryEscape \"a b/c\" }} {{ \"<b>\" | safeHtml }}", "a+b%2Fc <b>"},
  });
}

TEST_CASE("syntax errors in Go's words") {
  Check({
      {"{{", "error: template: test:1: unclosed action"},
      {"{{ \u00a0 }}", "error: template: test:1: unrecognized character in action: U+00A0"},
      {"{{ foo }}", "error: template: test:1: function \"foo\" not defined"},
      {"{{ $x }}", "error: template: test:1: undefined variable \"$x\""},
      {"{{ if true }}x", "error: template: test:1: unexpected EOF"},
      {"x\n{{ end }}", "error: template: test:2: unexpected {{end}}"},
      {"{{}}", "error: template: test:1: missing value for command"},
      {"{{ \"a }}", "error: template: test:1: unterminated quoted string"},
      {"{{ (1 }}", "error: template: test:1: unclosed left paren"},
      {"{{ 1 ) }}", "error: template: test:1: unexpected right paren"},
      {"{{ break }}", "error: template: test:1: {{break}} outside {{range}}"},
      {"{{ /* x }}", "error: template: test:1: unrecognized character in action: U+002F '/'"},
      {"{{/* x }}", "error: template: test:1: unclosed comment"},
      {"{{ 1 | 2 }}", "error: template: test:1: non executable command in pipeline stage 2"},
      {"{{ 3a }}", "error: template: test:1: bad number syntax: \"3a\""},
      {"{{ if }}x{{ end }}", "error: template: test:1: missing value for if"},
      {"{{ 1 | }}", "error: template: test:1: missing value for command"},
      {"{{ define \"x\" }}", "error: template: test:1: unexpected EOF"},
  });
}

TEST_CASE("alert templates see their prelude") {
  CHECK(ExpandAlert("{{ $labels.instance }} of {{ $labels.job }} at {{ $value }}{{ $labels.none }}") ==
        "a:9100 of api at 0.25");
  CHECK(ExpandAlert(
            "{{ .Labels.job }} {{ .Value | humanizePercentage }} {{ $externalLabels.region }} {{ $externalURL }}") ==
        "api 25% eu http://x:9090");
  CHECK(ExpandAlert("{{ if gt $value 0.2 }}high{{ end }} {{ printf \"%.2f\" $value }}") == "high 0.25");
  // The prelude of 112 bytes stands before the text.
  CHECK(
      ExpandAlert("{{ .Nope }}") ==
      "error: error executing template __alert_Down: template: __alert_Down:1:115: executing \"__alert_Down\" at "
      "<.Nope>: can't evaluate field Nope in type struct { Labels map[string]string; ExternalLabels map[string]string; "
      "ExternalURL string; Value interface {} }");
}

TEST_CASE("limits end a template with an error") {
  const auto run = [](std::string_view text, const TemplateLimits& limits) {
    const auto parsed = Template::Parse("test", text);
    REQUIRE(parsed.has_value());
    return parsed->Expand({}, Environment(), limits);
  };
  auto out = run("{{ range 100 }}0123456789{{ end }}", {.output_bytes = 500});
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().code == storage::Errc::kLimit);
  out = run("{{ range 100 }}{{ end }}", {.loop_iterations = 50});
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().code == storage::Errc::kLimit);
  out = run("{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}", {});
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().what.find("exceeded maximum template depth") != std::string::npos);
  out = run("{{ $x := \"xxxxxxxxxx\" }}{{ range 30 }}{{ $x = print $x $x }}{{ end }}", {});
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().code == storage::Errc::kLimit);
  CHECK_FALSE(Template::Parse("deep", "{{" + std::string(5000, '(') + "1" + std::string(5000, ')') + "}}").has_value());
  std::string blocks;
  for (int i = 0; i < 5000; ++i) blocks += "{{if 1}}";
  CHECK_FALSE(Template::Parse("deep", blocks).has_value());
}

TEST_CASE("no prefix of a template makes the parser misbehave") {
  const std::string text =
      "{{define \"x\"}}{{.}}{{end}}{{- range $i, $e := query \"a\" | sortByLabel `b` -}}{{if and $i (eq 'a' "
      "1.5e3)}}\\{{else}}"
      "{{template \"x\" .}}{{end}}{{end}}{{/* c */}}";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto parsed = Template::Parse("t", text.substr(0, i));
    if (i == text.size()) CHECK(parsed.has_value());
  }
}

TEST_CASE("mutated templates parse and expand, or fail with an error") {
  const std::string text =
      "{{define \"x\"}}{{.}}{{end}}{{$a := 1.5}}{{- range $i, $e := query \"a\" | sortByLabel `b` -}}{{if and $i (eq "
      "'a' "
      "1e3)}}{{else if $a}}{{template \"x\" .}}{{break}}{{end}}{{end}}{{printf \"%-5.2f|%q\" $a \"\\u00e9\"}}{{/* c "
      "*/}}"
      "{{(toTime 1.5).Format \"15:04:05.999\"}}{{slice \"abc\" 1 2}}{{reReplaceAll \"(b)*\" \"${1}$$\" \"abc\"}}";
  const std::string alphabet = "{}()|.$\"`'%\\*/-:= 0159axeE,\n\xc2\xa0";
  promql::Vector result(2);
  std::uint32_t state = 1;
  const auto next = [&state](std::size_t below) {
    state = state * 1664525u + 1013904223u;
    return static_cast<std::size_t>(state >> 8) % below;
  };
  int parsed_count = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string mutated = text;
    for (std::size_t edits = 1 + next(3); edits > 0; --edits) {
      const std::size_t at = next(mutated.size());
      if (next(3) == 0) mutated.erase(at, 1 + next(4));
      if (!mutated.empty()) mutated[next(mutated.size())] = alphabet[next(alphabet.size())];
    }
    const auto parsed = Template::Parse("t", mutated);
    if (!parsed) {
      CHECK_FALSE(parsed.error().what.empty());
      continue;
    }
    ++parsed_count;
    const auto out = parsed->Expand({}, Environment(result), {.output_bytes = 4096, .loop_iterations = 100});
    if (!out) CHECK_FALSE(out.error().what.empty());
  }
  CHECK(parsed_count > 0);
}

}  // namespace
}  // namespace vigia::alerting
