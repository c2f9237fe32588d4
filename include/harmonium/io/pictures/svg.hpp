/// \file
/// The building blocks of charts in SVG, and their common style.
#pragma once

#include "markup.hpp"

namespace harmonium::detail {

inline constexpr int chart_colours = 6;

/// What all charts of a page share. Colours after Okabe and Ito (2008), darkened or lightened to a contrast
/// of at least 3 with the background (WCAG 1.4.11), and of at least 4.5 for text.
inline std::string_view chart_style() {
  return ".hc{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto "
         "Sans\",sans-serif;"
         "max-width:100%;height:auto}"
         ".hc text{fill:#4a5361}.hc .hc-title{font-size:14px;font-weight:600;fill:#161b22}"
         ".hc .hc-ground{fill:#ffffff}.hc .hc-grid{stroke:#e4e7eb}.hc .hc-axis{stroke:#8a939f}"
         ".hc "
         ".hc-line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
         ".hc .hc-dash{stroke-dasharray:2 4.5}"
         ".hc .hc-band{fill:currentColor;fill-opacity:.17}.hc .hc-dot{fill:currentColor}"
         ".hc-0{color:#0069b4}.hc-1{color:#c94f00}.hc-2{color:#007f5c}"
         ".hc-3{color:#a8478a}.hc-4{color:#8a6a00}.hc-5{color:#2c7fa8}"
         "@media(prefers-color-scheme:dark){"
         ".hc text{fill:#a9b3c0}.hc .hc-title{fill:#e8ebef}"
         ".hc .hc-ground{fill:#171b22}.hc .hc-grid{stroke:#2b313b}.hc .hc-axis{stroke:#6c7684}"
         ".hc-0{color:#5cb3f5}.hc-1{color:#ff9757}.hc-2{color:#3ecb9b}"
         ".hc-3{color:#e895cb}.hc-4{color:#e2b93b}.hc-5{color:#86d3ee}}";
}

/// Approximate width of a text in pixels: no font is available here.
inline double text_width(std::string_view text, double size) {
  double width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(1, character_length(text.substr(i)));
    width += length >= 3 && static_cast<unsigned char>(text[i]) >= 0xe3 ? size : 0.61 * size;
    i += length;
  }
  return width;
}

/// The text, shortened with an ellipsis if it does not fit.
inline std::string fitted(const std::string& text, double size, double width) {
  if (text_width(text, size) <= width) return text;
  std::string part;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(1, character_length(std::string_view(text).substr(i)));
    if (text_width(part, size) + 2 * size > width) break;
    part += text.substr(i, length);
    i += length;
  }
  return part + "\xe2\x80\xa6";
}

/// A length in SVG.
inline std::string length_text(double pixels) { return without_zeros(fixed_text(pixels, 2)); }

/// `text` at a place, anchored at its `start`, `middle` or `end`.
inline std::string svg_text(double x, double y, const char* anchor, const std::string& text,
                            const char* more = "") {
  return "<text x=\"" + length_text(x) + "\" y=\"" + length_text(y) + "\" text-anchor=\"" + anchor + '"' +
         more + '>' + escape_markup(text) + "</text>";
}

inline std::string svg_line(double x1, double y1, double x2, double y2, const std::string& classes) {
  return "<line class=\"" + classes + "\" x1=\"" + length_text(x1) + "\" y1=\"" + length_text(y1) +
         "\" x2=\"" + length_text(x2) + "\" y2=\"" + length_text(y2) + "\"/>";
}

/// The beginning of a picture with the class that `chart_style` refers to; `label` is for screen readers.
inline std::string svg_start(double width, double height, const std::string& label, bool with_style) {
  std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hc\" role=\"img\" aria-label=\"" +
                     escape_markup(label) + "\" width=\"" + length_text(width) + "\" height=\"" +
                     length_text(height) + "\" viewBox=\"0 0 " + length_text(width) + ' ' +
                     length_text(height) + "\">";
  if (with_style) text += "<style>" + std::string(chart_style()) + "</style>";
  return text + "<rect class=\"hc-ground\" width=\"100%\" height=\"100%\"/>";
}

}  // namespace harmonium::detail
