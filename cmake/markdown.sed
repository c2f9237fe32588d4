# Converts GitHub's Markdown to Doxygen's: formulas, $...$ and $$...$$ on a line of its own; links within a page become text,
# links to a part of another page become links to the page.
s/^\$\$(.+)\$\$$/\\f[\1\\f]/
s/\$([^$]+)\$/\\f$\1\\f$/g
s/\[([^]]+)\]\(#[^)]*\)/\1/g
s/\]\(([^)]+\.md)#[^)]*\)/](\1)/g
