#!/bin/sh
# resume.sh PROGRAM FOLDER: kills the training program with SIGKILL at ten random steps, lets it go on
# from its checkpoint, and compares the last one byte for byte with that of a run that nobody
# disturbed: weights, momentum, engines and accuracies.
set -eu
program=$1
folder=$2
mkdir -p "$folder"
cd "$folder"
rm -f whole* killed*
steps=128  # 2 trainings of 4 epochs of 16 steps

# train THREADS OPTIONS...: in place of the shell that calls it, so that this shell's child is the program.
train() {
  threads=$1
  shift
  exec "$program" --threads "$threads" --quick --epochs 4 --images 256 --batch 16 --data nothing --scope sample \
    --mixup-prob 0.3 --checkpoint-every 1 "$@" >>output 2>&1
}
# How many steps the killed training has behind it.
steps_done() {
  [ -e killed ] || { echo 0; return; }
  sed -n '/^weights/q; s/^finished//p; s/^step //p' killed |
    awk 'NR == 1 { finished = NF } NR == 2 { print finished * 64 + $1; done = 1 }
         END { if (!done) print 0 }'
}

(train 2 --checkpoint whole)
seed=17
kills=0
tries=0
while [ $kills -lt 10 ]; do
  tries=$((tries + 1))
  if [ $tries -gt 40 ]; then
    echo "the program ends before it can be killed"
    exit 1
  fi
  # A step below the last quarter, so that there is time to kill it.
  at=$(awk "BEGIN { srand($seed + $tries); print int(rand() * $steps * 3 / 4) + 1 }")
  rm -f killed killed.new
  train 2 --checkpoint killed &
  trainer=$!
  while kill -0 $trainer 2>/dev/null && [ "$(steps_done)" -lt "$at" ]; do sleep 0.01; done
  kill -9 $trainer 2>/dev/null || true
  if wait $trainer; then continue; fi
  stopped=$(steps_done)
  kills=$((kills + 1))
  echo "try $tries: killed at step $stopped of $steps"
  (train 1 --resume killed --checkpoint killed)
  cmp whole killed
done

# What is damaged, or was written with other options, is refused.
for bytes in 10 1000 100000; do
  head -c $bytes whole >killed
  if (train 1 --resume killed); then echo "a cut checkpoint of $bytes bytes was taken"; exit 1; fi
  tail -n 1 output | grep "killed: is damaged"
done
# One byte of the weights becomes the next one, whichever stands there.
{
  head -c 5000 whole
  tail -c +5001 whole | head -c 1 | LC_ALL=C tr '\000-\377' '\001-\377\000'
  tail -c +5002 whole
} >killed
if (train 1 --resume killed); then echo "a damaged checkpoint was taken"; exit 1; fi
if (train 1 --resume whole --alpha 0.5); then echo "other options were taken"; exit 1; fi
tail -n 1 output | grep "goes on with the same only"
