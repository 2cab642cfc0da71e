#include "config/yaml/write.h"

#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "config/yaml/scalar_style.h"

namespace vigia::config::yaml {
namespace {

constexpr std::size_t kBestWidth = 80;
constexpr std::size_t kIndent = 2;

class Writer {
 public:
  std::string Take() { return std::move(out_); }

  void WriteDocument(const Node& node) {
    const bool inlined = IsInline(node);
    if (inlined) {
      WriteInline(node, 0, ScalarPlace::kBlock);
      out_.push_back('\n');
    } else {
      WriteBlock(node, 0, true);
    }
  }

 private:
  static bool IsInline(const Node& node) {
    switch (node.kind) {
      case Kind::kNull:
      case Kind::kScalar: return true;
      case Kind::kSequence: return node.flow || node.items.empty();
      case Kind::kMapping: return node.entries.empty();
    }
    return true;
  }

  std::size_t Column() const { return out_.size() - line_start_; }

  void NewLine(std::size_t indent) {
    out_.push_back('\n');
    line_start_ = out_.size();
    out_.append(indent, ' ');
  }

  // `at_place` = the cursor already stands where the first line of the node belongs.
  void WriteBlock(const Node& node, std::size_t indent, bool at_place) {
    bool first = at_place;
    const auto begin_line = [&] {
      if (!first) out_.append(indent, ' ');
      first = false;
    };
    for (const Entry& entry : node.entries) {
      begin_line();
      WriteString(entry.key, indent, ScalarPlace::kKey);
      out_.push_back(':');
      WriteValue(entry.value, indent);
    }
    for (const Node& item : node.items) {
      begin_line();
      out_.push_back('-');
      if (IsInline(item)) {
        WriteValue(item, indent);
      } else {
        out_.push_back(' ');
        WriteBlock(item, indent + kIndent, true);
      }
    }
  }

  // After a colon or a dash: the rest of the line and what is below it.
  void WriteValue(const Node& value, std::size_t indent) {
    if (IsInline(value)) {
      out_.push_back(' ');
      WriteInline(value, indent + kIndent, ScalarPlace::kBlock);
      EndLine();
      return;
    }
    EndLine();
    WriteBlock(value, value.kind == Kind::kSequence ? indent : indent + kIndent, false);
  }

  void EndLine() {
    if (out_.empty() || out_.back() != '\n' || line_start_ != out_.size()) out_.push_back('\n');
    line_start_ = out_.size();
  }

  void WriteInline(const Node& node, std::size_t indent, ScalarPlace place) {
    switch (node.kind) {
      case Kind::kNull: out_ += "null"; return;
      case Kind::kMapping: out_ += "{}"; return;
      case Kind::kSequence: WriteFlow(node, indent); return;
      case Kind::kScalar:
        if (node.quoted) {
          WriteString(node.text, indent, place);
        } else {
          out_ += node.text;
        }
        return;
    }
  }

  void WriteFlow(const Node& node, std::size_t indent) {
    out_.push_back('[');
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) out_.push_back(',');
      if (Column() > kBestWidth) {
        NewLine(indent);
      } else if (i > 0) {
        out_.push_back(' ');
      }
      WriteInline(node.items[i], indent, ScalarPlace::kFlow);
    }
    out_.push_back(']');
  }

  void WriteString(std::string_view text, std::size_t indent, ScalarPlace place) {
    const bool may_fold = place != ScalarPlace::kKey;
    switch (StyleFor(text, place)) {
      case ScalarStyle::kPlain: WriteFolded(text, indent, may_fold, false); return;
      case ScalarStyle::kSingleQuoted:
        out_.push_back('\'');
        WriteFolded(text, indent, may_fold, true);
        out_.push_back('\'');
        return;
      case ScalarStyle::kDoubleQuoted: WriteDoubleQuoted(text, indent, may_fold); return;
      case ScalarStyle::kLiteral: WriteLiteral(text, indent); return;
    }
  }

  void WriteFolded(std::string_view text, std::size_t indent, bool may_fold, bool quoted) {
    bool after_space = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool space_follows = i + 1 < text.size() && text[i + 1] == ' ';
      const bool inside = !quoted || (i > 0 && i + 1 < text.size());
      if (c == ' ' && may_fold && !after_space && inside && Column() > kBestWidth && !space_follows) {
        NewLine(indent);
      } else {
        out_.push_back(c);
        if (c == '\'' && quoted) out_.push_back(c);
      }
      after_space = c == ' ';
    }
  }

  void WriteDoubleQuoted(std::string_view text, std::size_t indent, bool may_fold) {
    out_.push_back('"');
    bool after_space = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == ' ' && may_fold && !after_space && i > 0 && i + 1 < text.size() && Column() > kBestWidth) {
        NewLine(indent);
        if (text[i + 1] == ' ') out_.push_back('\\');
      } else {
        WriteEscaped(c);
      }
      after_space = c == ' ';
    }
    out_.push_back('"');
  }

  void WriteEscaped(char c) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out_ += "\\\""; return;
      case '\\': out_ += "\\\\"; return;
      case '\n': out_ += "\\n"; return;
      case '\r': out_ += "\\r"; return;
      case '\t': out_ += "\\t"; return;
      case '\0': out_ += "\\0"; return;
      case '\a': out_ += "\\a"; return;
      case '\b': out_ += "\\b"; return;
      case '\v': out_ += "\\v"; return;
      case '\f': out_ += "\\f"; return;
      case '\x1b': out_ += "\\e"; return;
    }
    if (byte < 0x20 || byte == 0x7F) {
      out_ += fmt::format("\\x{:02X}", byte);
    } else {
      out_.push_back(c);
    }
  }

  void WriteLiteral(std::string_view text, std::size_t indent) {
    out_.push_back('|');
    if (text.front() == ' ' || text.front() == '\n') out_ += std::to_string(kIndent);
    if (text.back() != '\n') {
      out_.push_back('-');
    } else if (text.size() == 1 || text[text.size() - 2] == '\n') {
      out_.push_back('+');
    }
    bool line_begins = true;
    out_.push_back('\n');
    for (const char c : text) {
      if (line_begins && c != '\n') out_.append(indent, ' ');
      out_.push_back(c);
      line_begins = c == '\n';
    }
    line_start_ = line_begins ? out_.size() : 0;
  }

  std::string out_;
  std::size_t line_start_ = 0;
};

}  // namespace

std::string Write(const Node& node) {
  Writer writer;
  writer.WriteDocument(node);
  return writer.Take();
}

}  // namespace vigia::config::yaml
