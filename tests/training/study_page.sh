#!/bin/sh
# study_page.sh PROGRAM FOLDER: every line of every table that the committed study.csv gives stands in
# the page, as it is.
set -eu
program=$1
training=$(cd "$(dirname "$0")/../../examples/training" && pwd)
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
cp "$training/results/study.csv" "$folder"
"$program" --report --out "$folder" | sed -n '/^|/p' >"$folder/tables"
test "$(wc -l <"$folder/tables")" -gt 50
missing=$(grep -vxFf "$training/README.md" "$folder/tables" || true)
if [ -n "$missing" ]; then
  echo "lines that examples/training/README.md does not have:"
  echo "$missing"
  exit 1
fi
