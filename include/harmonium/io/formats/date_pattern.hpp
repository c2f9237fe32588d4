/// \file
/// Dates as numbers, and back. A pattern says how they are written, such as `DD.MM.YYYY hh:mm`: years have
/// four digits, months, days, hours, minutes and seconds one or two, `Z` is UTC or a distance from it
/// (+01:00), `AM` is AM or PM, and all other characters stand for themselves. Seconds may have decimals.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonium {

/// Is it a time of day, without a date? Then its number is hours from midnight, otherwise days from
/// 1970-01-01.
inline bool is_time_of_day(std::string_view pattern) { return pattern.find('Y') == std::string_view::npos; }

namespace detail {

/// The parts of a date that is being read.
struct DateParts {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, afternoon = -1;
  double second = 0, offset = 0;  // minutes that the offset is from UTC
};

/// Reads `least` to `most` digits from the front of a text; false if they are not there.
inline bool take_digits(std::string_view& text, std::size_t least, std::size_t most, int& number) {
  std::size_t size = 0;
  number = 0;
  for (; size < std::min(most, text.size()) && text[size] >= '0' && text[size] <= '9'; ++size)
    number = 10 * number + (text[size] - '0');
  text.remove_prefix(size);
  return size >= least;
}
inline bool take_second(std::string_view& text, double& second) {
  int whole = 0;
  if (!take_digits(text, 1, 2, whole)) return false;
  second = whole;
  if (!text.starts_with('.') && !text.starts_with(',')) return true;
  text.remove_prefix(1);
  double place = 0.1;
  const std::size_t before = text.size();
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; place /= 10, text.remove_prefix(1))
    second += place * (text.front() - '0');
  return text.size() < before;
}
inline bool take_offset(std::string_view& text, double& offset) {
  if (text.starts_with('Z')) return text.remove_prefix(1), true;
  if (!text.starts_with('+') && !text.starts_with('-')) return false;
  const double sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!take_digits(text, 2, 2, hours)) return false;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (!text.empty() && !take_digits(text, 2, 2, minutes)) return false;
  offset = sign * (60 * hours + minutes);
  return hours <= 14 && minutes < 60;
}
inline bool take_afternoon(std::string_view& text, int& afternoon) {
  if (text.size() < 2 || (text[1] | 32) != 'm') return false;
  const char half = static_cast<char>(text[0] | 32);
  afternoon = half == 'p' ? 1 : 0;
  text.remove_prefix(2);
  return half == 'a' || half == 'p';
}

/// The patterns that are looked for: a date, a date with a time, a time.
inline const std::vector<std::string>& date_patterns() {
  static const std::vector<std::string> patterns = [] {
    std::vector<std::string> all;
    for (const char* date : {"YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "YYYY/MM/DD",
                             "YYYY.MM.DD", "MM-DD-YYYY", "DD-MM-YYYY"})
      for (const char* time : {"", " hh:mm", " hh:mm:ss", "Thh:mm", "Thh:mm:ss", "Thh:mmZ", "Thh:mm:ssZ",
                               " hh:mmZ", " hh:mm:ssZ", " hh:mm AM", " hh:mm:ss AM"})
        all.push_back(std::string(date) + time);
    all.insert(all.end(), {"hh:mm", "hh:mm:ss", "hh:mm AM", "hh:mm:ss AM"});
    return all;
  }();
  return patterns;
}

}  // namespace detail

/// The number of a date written in this way: see `is_time_of_day`. NaN if the text is not one, or there is no
/// such day.
inline double parse_date(std::string_view text, std::string_view pattern) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const bool only_time = is_time_of_day(pattern);
  detail::DateParts parts;
  while (!pattern.empty()) {
    bool found = true;
    std::size_t size = 2;
    if (pattern.starts_with("YYYY")) {
      size = 4;
      found = detail::take_digits(text, 4, 4, parts.year);
    } else if (pattern.starts_with("MM")) {
      found = detail::take_digits(text, 1, 2, parts.month);
    } else if (pattern.starts_with("DD")) {
      found = detail::take_digits(text, 1, 2, parts.day);
    } else if (pattern.starts_with("hh")) {
      found = detail::take_digits(text, 1, 2, parts.hour);
    } else if (pattern.starts_with("mm")) {
      found = detail::take_digits(text, 2, 2, parts.minute);
    } else if (pattern.starts_with("ss")) {
      found = detail::take_second(text, parts.second);
    } else if (pattern.starts_with("AM")) {
      found = detail::take_afternoon(text, parts.afternoon);
    } else if (pattern.starts_with('Z')) {
      size = 1;
      found = detail::take_offset(text, parts.offset);
    } else {
      size = 1;
      found = text.starts_with(pattern.front());
      if (found) text.remove_prefix(1);
    }
    if (!found) return none;
    pattern.remove_prefix(size);
  }
  if (!text.empty()) return none;
  if (parts.afternoon >= 0) {
    if (parts.hour < 1 || parts.hour > 12) return none;
    parts.hour = parts.hour % 12 + 12 * parts.afternoon;
  }
  const std::chrono::year_month_day day(std::chrono::year(parts.year),
                                        std::chrono::month(static_cast<unsigned>(parts.month)),
                                        std::chrono::day(static_cast<unsigned>(parts.day)));
  if (!day.ok() || parts.hour > 23 || parts.minute > 59 || parts.second >= 61) return none;
  const double hours = parts.hour + (parts.minute - parts.offset) / 60 + parts.second / 3600;
  if (only_time) return hours;
  return static_cast<double>(std::chrono::sys_days(day).time_since_epoch().count()) + hours / 24;
}

/// The date of a number, to the smallest unit that the pattern has, written in this way; NaN is empty. Days
/// outside of the years 1 to 9999 become the first or the last one; times of day stay within it.
inline std::string date_text(double number, std::string_view pattern) {
  if (std::isnan(number)) return {};
  const bool only_time = is_time_of_day(pattern);
  const double unit = pattern.find("ss") != std::string_view::npos   ? 1
                      : pattern.find("mm") != std::string_view::npos ? 60
                                                                     : 86400;
  const double first = only_time ? 0 : -719162.0 * 86400,
               last = only_time ? 86400 - unit : 2932897.0 * 86400 - unit;
  const double seconds =
      std::clamp(std::round(number * (only_time ? 3600 : 86400) / unit) * unit, first, last);
  const auto whole = static_cast<std::int64_t>(seconds);
  const std::int64_t days = (whole - ((whole % 86400) + 86400) % 86400) / 86400;
  const auto rest = static_cast<int>(whole - 86400 * days);
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days))};
  const bool halves = pattern.find("AM") != std::string_view::npos;
  const int hour = rest / 3600;
  const std::pair<std::string_view, int> numbers[] = {
      {"YYYY", static_cast<int>(day.year())},
      {"MM", static_cast<int>(static_cast<unsigned>(day.month()))},
      {"DD", static_cast<int>(static_cast<unsigned>(day.day()))},
      {"hh", halves ? (hour + 11) % 12 + 1 : hour},
      {"mm", rest / 60 % 60},
      {"ss", rest % 60}};
  std::string text;
  while (!pattern.empty()) {
    std::size_t size = 1;
    for (const auto& [name, value] : numbers) {
      if (!pattern.starts_with(name)) continue;
      size = name.size();
      const std::string digits = std::to_string(value);
      text.append(size - std::min(size, digits.size()), '0');
      text += digits;
    }
    if (size == 1 && pattern.starts_with("AM")) {
      size = 2;
      text += hour < 12 ? "AM" : "PM";
    } else if (size == 1) {
      text += pattern.front();
    }
    pattern.remove_prefix(size);
  }
  return text;
}

}  // namespace harmonium
