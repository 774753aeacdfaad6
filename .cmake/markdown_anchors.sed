# Makes links of the Markdown files, which are GitHub's, work in Doxygen too.

# Code stays as it is.
/^```/,/^```/b

# A page begins with its table of contents.
/^# /a [TOC]

# Headings get the anchors that GitHub gives them: "## Why, and how" becomes
# "## Why, and how {#why-and-how}".
/^##+ /{
  s/^#+ (.*)$/&{#\L\1}/
  :spaces
  s/(\{#[^}]*) /\1-/
  t spaces
  :others
  s/(\{#[a-z0-9_-]*)[^a-z0-9_}-]/\1/
  t others
  s/\{#/ &/
}

# A link's text stands on one line.
/\[[^][]*$/{
  $!N
  s/(\[[^][\n]*)\n([^][\n]*\]\()/\1 \2/
  t joined
  P
  D
  :joined
}

# Anchors are known everywhere, so the name of the page before them goes.
s/\]\([^)#]+\.md#([a-z0-9_-]+)\)/](@ref \1)/g
# Programs of examples/ are pages, headers are in a list, pictures lie beside the pages.
s/\[`([^]`]+)`\]\(([^)]+\.cpp)\)/[\1](\2)/g
s/\]\((\.\.\/)?(examples\/)?([a-z0-9_\/]+\.cpp)\)/](@ref \3)/g
s/\]\(include\/cutmix\)/](files.html)/g
s/\]\(([^)]*\/)?([a-z0-9_-]+\.(png|svg))\)/](\2)/g
# Doxygen finds no end of emphasis behind code.
s/^\*([^*]+)\*$/<em>\1<\/em>/
# As HTML they keep their text, and those in SVG are scaled.
s/!\[([^]]*)\]\(([a-z0-9_-]+\.(png|svg))\)/@htmlonly <img src="\2" alt="\1"> @endhtmlonly/g
