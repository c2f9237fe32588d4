# Converts GitHub's Markdown to Doxygen's: formulas, $...$ and $$...$$ on a line of its own; links within a
# page become text.
s/^\$\$(.+)\$\$$/\\f[\1\\f]/
s/\$([^$]+)\$/\\f$\1\\f$/g
s/\[([^]]+)\]\(#[^)]*\)/\1/g
