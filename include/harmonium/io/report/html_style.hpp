/// \file
/// The style of reports: one column on a phone, charts side by side where there is room, light or dark as the
/// reader prefers.
#pragma once

#include <string_view>

namespace harmonium::detail {

inline std::string_view html_style() {
  return R"(
:root{color-scheme:light dark;--page:#f4f5f7;--card:#ffffff;--text:#1c222b;--strong:#10141a;--soft:#566070;
--line:#e1e4e9;--warn:#8a4b00;--warn-card:#fff6e5;--warn-line:#f0d5a3}
@media(prefers-color-scheme:dark){:root{--page:#0e1116;--card:#171b22;--text:#d5dae1;--strong:#f1f3f6;
--soft:#98a2b0;--line:#2a303a;--warn:#ffc46b;--warn-card:#2a2113;--warn-line:#5a4420}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);line-height:1.55;overflow-wrap:break-word;
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 16px 40px}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;color:var(--strong);margin:0}
h2{font-size:1.2rem;line-height:1.3;color:var(--strong);margin:40px 0 12px}
p{margin:0 0 12px;max-width:68ch}
header p{color:var(--soft);margin:6px 0 0}
header{margin-bottom:24px}
footer{margin-top:48px;padding-top:14px;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
.card,figure,.key>div{background:var(--card);border:1px solid var(--line);border-radius:10px}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:0 0 16px}
.key>div{padding:12px 14px}
.key dt{color:var(--soft);font-size:.85rem;line-height:1.3}
.key dd{margin:4px 0 0;color:var(--strong);font-size:1.3rem;line-height:1.2;font-weight:600;
font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:16px;margin:0 0 16px;
align-items:start}
figure{margin:0;padding:10px;min-width:0}
figure.wide{grid-column:1/-1;overflow-x:auto}
figure.wide svg{min-width:700px}
figure svg,figure img{display:block;max-width:100%;height:auto;margin:0 auto}
figure svg{width:100%}
figcaption{color:var(--soft);font-size:.9rem;line-height:1.45;margin:10px 4px 2px}
.card{overflow-x:auto;margin:0 0 16px}
table{border-collapse:collapse;width:100%;font-size:.92rem;line-height:1.4}
th,td{text-align:left;padding:8px 14px;vertical-align:top;border-top:1px solid var(--line)}
tr:first-child>*{border-top:0}
thead th{color:var(--soft);font-weight:600;white-space:nowrap;font-size:.85rem;border-bottom:1px solid var(--line)}
tbody tr:first-child>*{border-top:0}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.pairs{table-layout:fixed}
.pairs th{font-weight:400;color:var(--soft);width:40%;overflow-wrap:anywhere}
.pairs td{overflow-wrap:anywhere}
@media(min-width:700px){.pairs th{width:18em}}
.warn{background:var(--warn-card);border:1px solid var(--warn-line);border-radius:10px;color:var(--warn);
margin:0 0 16px;padding:12px 16px}
.warn ul{margin:4px 0 0;padding-left:1.2em}
.warn strong{font-weight:600}
pre{margin:0;padding:14px;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;tab-size:2}
details{margin:0 0 16px}
summary{cursor:pointer;color:var(--soft);padding:4px 0 10px}
details .card{max-height:70vh;overflow:auto}
@media(max-width:699px){th,td{padding:8px 10px}thead th{white-space:normal;vertical-align:bottom}}
@media(min-width:700px){main{padding:44px 28px 56px}h1{font-size:2.1rem}figure{padding:14px}}
@media print{body{background:#fff}figure,.card,.warn{break-inside:avoid}}
)";
}

}  // namespace harmonium::detail
