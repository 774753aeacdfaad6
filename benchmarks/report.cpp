#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace bench {

namespace {

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

std::string time_text(double seconds) {
  return seconds < 1e-3 ? format("%.3g us", seconds * 1e6) : format("%.3g ms", seconds * 1e3);
}

std::string ratio_text(double ratio) { return format(ratio < 9.995 ? "%.2f" : "%.1f", ratio); }

const Result* find(const RowResult& row, const std::string& table, const std::string& name) {
  for (const Result& result : row.results)
    if (result.table == table && result.name == name) return &result;
  return nullptr;
}

// The library's own result of a table, and the fastest one of LibTorch.
const Result* library_of(const RowResult& row, const std::string& table) {
  for (const Result& result : row.results)
    if (result.table == table && result.role == Role::library) return &result;
  return nullptr;
}
const Result* fastest_torch(const RowResult& row, const std::string& table) {
  const Result* fastest = nullptr;
  for (const Result& result : row.results)
    if (result.table == table && result.role == Role::torch &&
        (!fastest || result.median < fastest->median))
      fastest = &result;
  return fastest;
}

// What one property of all results has for values, in the order of their first appearance.
template <class Property>
std::vector<std::string> distinct(const Report& report, const Property& property) {
  std::vector<std::string> values;
  for (const RowResult& row : report.rows)
    for (const Result& result : row.results) {
      const std::string value = property(result);
      if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end())
        values.push_back(value);
    }
  return values;
}

void write_line(std::ostream& out, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) out << "| " << cell << ' ';
  out << "|\n";
}

void write_table(std::ostream& out, const Report& report, const std::string& table) {
  const auto columns = distinct(report, [&](const Result& result) {
    return result.table == table ? result.name : std::string();
  });
  const bool has_torch =
      std::any_of(report.rows.begin(), report.rows.end(),
                  [&](const RowResult& row) { return fastest_torch(row, table) != nullptr; });
  const bool has_threads = one_thread_of(table) != table;

  out << "\n**" << table << "**\n\n";
  std::vector<std::string> head = {"shape"};
  head.insert(head.end(), columns.begin(), columns.end());
  if (has_torch) head.push_back("fastest LibTorch / cutmix");
  if (has_threads) head.push_back("cutmix: one thread / two");
  write_line(out, head);
  std::vector<std::string> rule(head.size(), "--:");
  rule[0] = "--";
  write_line(out, rule);

  for (const RowResult& row : report.rows) {
    const Result* ours = library_of(row, table);
    if (!ours) continue;
    std::vector<std::string> cells = {row.name};
    for (const std::string& column : columns) {
      const Result* result = find(row, table, column);
      const bool is_base = result && table == one_thread_of(table) && result->name == result->base;
      if (!result)
        cells.push_back("");
      else
        cells.push_back(is_base ? time_text(result->median) : ratio_text(result->ratio));
    }
    if (has_torch) {
      const Result* torch = fastest_torch(row, table);
      cells.push_back(torch ? ratio_text(torch->median / ours->median) : "");
    }
    if (has_threads)
      cells.push_back(ratio_text(library_of(row, one_thread_of(table))->median / ours->median));
    write_line(out, cells);
  }
}

// Half of what lies between the quartiles, as a share of the median.
double spread(const Result& result) {
  return (result.quartile_3 - result.quartile_1) / 2 / result.median;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else
      result += c;
  }
  return result;
}

const char* role_name(Role role) {
  switch (role) {
    case Role::memory:
      return "memory";
    case Role::library:
      return "cutmix";
    case Role::kernel:
      return "kernel";
    case Role::eigen:
      return "Eigen";
    case Role::torch:
      return "LibTorch";
  }
  return "";
}

}  // namespace

void write_markdown(std::ostream& out, const Report& report) {
  for (const auto& [name, value] : report.machine) out << "- " << name << ": " << value << '\n';
  out << "\nTimes are medians of interleaved visits. The first column of a table of one thread is "
         "a "
         "time,\nand all others are divided by it, those of two threads too. Variants are divided "
         "by what their\nnames say.\n";
  for (const std::string& table :
       distinct(report, [](const Result& result) { return result.table; }))
    write_table(out, report, table);

  std::vector<double> spreads;
  for (const RowResult& row : report.rows)
    for (const Result& result : row.results) spreads.push_back(spread(result));
  std::sort(spreads.begin(), spreads.end());
  out << "\nHalf of a contender's visits lie within "
      << format("%.1f", 100 * spreads[spreads.size() / 2]) << " % of its median ("
      << format("%.1f", 100 * spreads[spreads.size() * 9 / 10])
      << " % for the least steady tenth).\n";
}

void write_json(std::ostream& out, const Report& report) {
  out << "{\n  \"machine\": {";
  const char* separator = "\n";
  for (const auto& [name, value] : report.machine) {
    out << separator << "    " << quoted(name) << ": " << quoted(value);
    separator = ",\n";
  }
  out << "\n  },\n  \"results\": [";
  separator = "\n";
  for (const RowResult& row : report.rows)
    for (const Result& result : row.results) {
      out << separator << "    {\"row\": " << quoted(row.name)
          << ", \"table\": " << quoted(result.table) << ", \"contender\": " << quoted(result.name)
          << ", \"kind\": " << quoted(role_name(result.role))
          << ",\n     \"threads\": " << (result.table == one_thread_of(result.table) ? 1 : 2)
          << ", \"median_us\": " << format("%.4g", result.median * 1e6) << ", \"quartiles_us\": ["
          << format("%.4g", result.quartile_1 * 1e6) << ", "
          << format("%.4g", result.quartile_3 * 1e6)
          << "], \"spread\": " << format("%.3f", spread(result))
          << ",\n     \"base\": " << quoted(result.base)
          << ", \"ratio\": " << format("%.4g", result.ratio) << ", \"visits\": " << result.visits
          << ", \"calls_per_visit\": " << result.calls << "}";
      separator = ",\n";
    }
  out << "\n  ]\n}\n";
}

void write_svg(std::ostream& out, const Report& report) {
  const char* const colours[] = {"#9aa0a6", "#1a73e8", "#34a853", "#fbbc04",
                                 "#f28b30", "#d93025", "#7b1fa2"};
  constexpr int panel_width = 440, bar_height = 13, bar_step = 16, margin = 20, title = 22;
  constexpr int legend_step = 18, bars_width = panel_width - 50;
  constexpr double longest = 10;  // a ratio; longer bars are cut, and the number tells

  const auto names = distinct(report, [](const Result& result) {
    return result.table == out_of_place && result.role != Role::kernel ? result.name
                                                                       : std::string();
  });
  std::vector<const RowResult*> panels;
  for (const RowResult& row : report.rows)
    if (library_of(row, out_of_place)) panels.push_back(&row);

  const int bars = static_cast<int>(names.size());
  const int panel_height = title + bars * bar_step + margin;
  const int lines = static_cast<int>(panels.size() + 1) / 2;
  const int top = margin + 24 + (bars + 1) / 2 * legend_step + 14;
  const int width = 2 * panel_width + 3 * margin, height = top + lines * panel_height;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
      << "\" viewBox=\"0 0 " << width << ' ' << height
      << "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#202124\">\n"
      << "<rect width=\"" << width << "\" height=\"" << height << "\" fill=\"#ffffff\"/>\n";
  const auto text = [&out](double x, double y, const char* style, const std::string& content) {
    out << "<text x=\"" << x << "\" y=\"" << y << "\" " << style << '>' << escaped(content)
        << "</text>\n";
  };
  const auto bar = [&out](double x, double y, double w, double h, const char* colour) {
    out << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << format("%.1f", w)
        << "\" height=\"" << h << "\" fill=\"" << colour << "\"/>\n";
  };

  text(margin, margin + 10, "font-size=\"15\" font-weight=\"bold\"",
       "CutMix out of place, one thread: time / memcpy of the batch (less is better; bars end at "
       "10)");
  for (int i = 0; i < bars; ++i) {
    const int x = margin + i % 2 * (panel_width + margin);
    const int y = margin + 24 + i / 2 * legend_step;
    bar(x, y, 12, 12, colours[i]);
    text(x + 18, y + 11, "", names[static_cast<std::size_t>(i)]);
  }
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const int x = margin + static_cast<int>(p % 2) * (panel_width + margin);
    const int y = top + static_cast<int>(p / 2) * panel_height;
    text(x, y + 12, "font-weight=\"bold\"", panels[p]->name);
    for (int i = 0; i < bars; ++i) {
      const Result* result = find(*panels[p], out_of_place, names[static_cast<std::size_t>(i)]);
      if (!result) continue;
      const int at = y + title + i * bar_step;
      const double length = std::min(result->ratio, longest) / longest * bars_width;
      bar(x, at, length, bar_height, colours[i]);
      if (result->ratio > longest) bar(x + length - 10, at, 3, bar_height, "#ffffff");
      text(x + length + 5, at + 11, "font-size=\"11\"", ratio_text(result->ratio));
    }
    // How far memcpy gets, through all bars.
    const double one = x + bars_width / longest;
    out << "<line x1=\"" << format("%.1f", one) << "\" y1=\"" << y + title - 3 << "\" x2=\""
        << format("%.1f", one) << "\" y2=\"" << y + title + bars * bar_step
        << "\" stroke=\"#202124\" stroke-dasharray=\"3 3\" stroke-width=\"0.8\"/>\n";
  }
  out << "</svg>\n";
}

}  // namespace bench
