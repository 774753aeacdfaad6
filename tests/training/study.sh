#!/bin/sh
# study.sh PROGRAM FOLDER: the study in its quick form, whole on two threads and in parts on one, which
# must give the same file byte for byte; rows that are lost are trained again, and no others.
set -eu
program=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
study() { "$program" --quick --data nothing "$@"; }

study --threads 2 --out whole >output
test -s whole/study_accuracy.png
test -s whole/study_gain.png
rows=$(($(wc -l <whole/study.csv) - 1))
grep "^$rows trainings" output

study --threads 1 --methods none,CutMix --out parts >output
grep '^12 trainings' output
study --threads 1 --resume --out parts >output
grep "^$((rows - 12)) trainings" output
cmp whole/study.csv parts/study.csv

sed '5,7d' whole/study.csv >parts/study.csv
study --resume --out parts >output
grep '^3 trainings' output
cmp whole/study.csv parts/study.csv

# A report trains nothing and says the same.
sed -n '/^|/p' output >trained
"$program" --quick --report --out parts | sed -n '/^|/p' >reported
cmp trained reported

# What would be lost, and what is damaged, is refused and stays.
if study --out parts; then echo "a file was written over"; exit 1; fi
cmp whole/study.csv parts/study.csv
sed '4s/,[^,]*$//' whole/study.csv >parts/study.csv
if study --resume --out parts; then echo "a damaged row was taken"; exit 1; fi
