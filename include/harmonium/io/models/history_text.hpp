/// \file
/// The history of a run as text: JSON, a list of epochs. It is neither written nor read as a tree of JSON,
/// whose destructor takes memory: where there is none, that ends the program.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "../../core/error.hpp"
#include "../../training/run/report.hpp"

namespace harmonium::detail {

/// A number, or a text, in JSON. JSON has no `nan` or infinities, so these are texts.
inline std::string json_text(double number) {
  if (std::isfinite(number)) return nlohmann::ordered_json(number).dump();
  return std::isnan(number) ? R"("nan")" : number > 0 ? R"("inf")" : R"("-inf")";
}
/// As above. \throws nlohmann::ordered_json::exception if it is not UTF-8
inline std::string json_text(const std::string& text) { return nlohmann::ordered_json(text).dump(); }

/// A history as text.
inline std::string text_of(const History& history) {
  std::string text = "[";
  const auto next = [&] {
    if (text.back() != '[') text += ',';
  };
  for (const EpochReport& report : history.epochs) {
    next();
    text.append(R"({"phase":)").append(json_text(report.phase));
    text.append(R"(,"epoch":)").append(std::to_string(report.epoch));
    text.append(R"(,"epochs":)").append(std::to_string(report.epochs));
    text.append(R"(,"seconds":)").append(json_text(report.seconds));
    text.append(R"(,"total_seconds":)").append(json_text(report.total_seconds));
    text.append(R"(,"rate":)").append(json_text(report.rate)).append(R"(,"metrics":[)");
    for (const auto& [name, value] : report.metrics) {
      next();
      text.append("[").append(json_text(name)).append(",").append(json_text(value)).append("]");
    }
    text += R"(],"warnings":[)";
    for (const std::string& warning : report.warnings) {
      next();
      text += json_text(warning);
    }
    text += "]}";
  }
  return text + ']';
}

/// Takes a history from the parser as that walks through the text (nlohmann::json_sax). Throws DataError.
class HistoryReader {
 public:
  History history;

  using Json = nlohmann::ordered_json;
  bool null() { return unexpected("null"); }
  bool boolean(bool value) { return unexpected(value ? "true" : "false"); }
  bool number_integer(Json::number_integer_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(Json::number_unsigned_t value) { return number(static_cast<double>(value)); }
  bool number_float(Json::number_float_t value, const std::string& /*text*/) { return number(value); }
  bool binary(Json::binary_t& /*value*/) { return unexpected("binary"); }
  bool string(std::string& text) {
    if (depth_ == 2 && key_ == "phase") {
      report_.phase = std::move(text);
    } else if (depth_ == 3 && key_ == "warnings") {
      report_.warnings.push_back(std::move(text));
    } else if (depth_ == 4 && entries_ == 0) {
      report_.metrics.emplace_back(std::move(text), 0);
      ++entries_;
    } else if (text == "nan") {
      return number(std::numeric_limits<double>::quiet_NaN());
    } else if (text == "inf" || text == "-inf") {
      return number((text == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity());
    } else {
      return unexpected("'" + text + "'");
    }
    return true;
  }
  bool start_object(std::size_t /*size*/) {
    if (depth_ != 1) return unexpected("an object");
    ++depth_;
    report_ = {};
    seen_.clear();
    return true;
  }
  bool key(std::string& text) {
    static constexpr const char* known[] = {"phase",         "epoch", "epochs",  "seconds",
                                            "total_seconds", "rate",  "metrics", "warnings"};
    check<DataError>(std::find(std::begin(known), std::end(known), text) != std::end(known), "an epoch has '",
                     text, "'");
    check<DataError>(seen_.insert(text).second, "an epoch has '", text, "' twice");
    key_ = std::move(text);
    return true;
  }
  bool end_object() {
    --depth_;
    check<DataError>(seen_.size() == 8, "an epoch has ", seen_.size(), " entries, expected 8");
    history.epochs.push_back(std::move(report_));
    return true;
  }
  bool start_array(std::size_t /*size*/) {
    const bool of_epoch = depth_ == 2 && (key_ == "metrics" || key_ == "warnings");
    if (depth_ != 0 && !of_epoch && (depth_ != 3 || key_ != "metrics")) return unexpected("a list");
    ++depth_;
    entries_ = 0;
    return true;
  }
  bool end_array() {
    check<DataError>(depth_ != 4 || entries_ == 2, "a metric is not a name and a number");
    --depth_;
    return true;
  }
  [[noreturn]] bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                                const Json::exception& error) {
    throw DataError(error.what());
  }

 private:
  [[noreturn]] bool unexpected(const std::string& what) const {
    throw DataError(what + " is out of place" + (key_.empty() ? "" : " at '" + key_ + "'"));
  }
  static int whole(double value) {
    check<DataError>(value >= 0 && value <= std::numeric_limits<int>::max() && value == std::floor(value),
                     "it is ", value, ", expected the number of an epoch");
    return static_cast<int>(value);
  }
  bool number(double value) {
    if (depth_ == 4 && entries_ == 1) {
      report_.metrics.back().second = value;
      ++entries_;
    } else if (depth_ == 2 && key_ == "epoch") {
      report_.epoch = whole(value);
    } else if (depth_ == 2 && key_ == "epochs") {
      report_.epochs = whole(value);
    } else if (depth_ == 2 && key_ == "seconds") {
      report_.seconds = value;
    } else if (depth_ == 2 && key_ == "total_seconds") {
      report_.total_seconds = value;
    } else if (depth_ == 2 && key_ == "rate") {
      report_.rate = value;
    } else {
      return unexpected("a number");
    }
    return true;
  }

  EpochReport report_;
  std::string key_;             // of the epoch
  std::set<std::string> seen_;  // its keys so far
  int depth_ = 0;               // 1 in the list, 2 in an epoch, 3 in a list of it, 4 in a metric
  int entries_ = 0;             // of the metric so far
};

/// The history that `text_of` wrote. \throws DataError if the text is not one
inline History history_from(const std::string& text) {
  HistoryReader reader;
  try {
    nlohmann::ordered_json::sax_parse(text, &reader);
  } catch (const DataError& error) {
    throw DataError(std::string("the history is garbled: ") + error.what());
  }
  return std::move(reader.history);
}

}  // namespace harmonium::detail
