# Gives headings the anchors that GitHub gives them, so that links within a page work in both:
# "## Why, and how" becomes "## Why, and how {#why-and-how}".
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
