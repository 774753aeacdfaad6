#!/bin/sh
# mpi.sh CASE MPIEXEC PROGRAM FOLDER: the training program on one to four ranks of this machine.
set -eu
case=$1
mpiexec=$2
program=$3
folder=$4
mkdir -p "$folder"
cd "$folder"
rm -f -- *

# OpenMPI starts more ranks than there are processors, and root's, only when it is told to.
OMPI_MCA_rmaps_base_oversubscribe=1
OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_btl_vader_single_copy_mechanism=none
OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_rmaps_base_oversubscribe OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
export OMPI_MCA_btl_vader_single_copy_mechanism OMPI_MCA_mpi_yield_when_idle

# train RANKS OPTIONS...: in place of the shell that calls it.
train() {
  ranks=$1
  shift
  exec "$mpiexec" -n "$ranks" "$program" --quick --data nothing "$@"
}
fail() {
  echo "$@"
  exit 1
}
accuracy_of() { sed -n 's/.*: \([0-9.]*\) % of .*/\1/p' "$1"; }

case $case in
  same_batches)
    # One box a sample, blends among them; a last batch of 2 samples, so that ranks have none.
    for ranks in 1 2 3 4; do
      (train $ranks --check --epochs 2 --images 130 --batch 32 --scope sample --mixup-prob 0.3) \
        >"ranks$ranks"
      grep '^batches ' "ranks$ranks"
      grep '^batches ' "ranks$ranks" >"batches$ranks"
      cmp batches1 "batches$ranks"
    done
    # One sample a rank, where nobody has a partner of its own; and on its own a rank for each.
    (train 4 --check --epochs 1 --images 64 --batch 4 --trace) >one_each
    grep 'patches [1-9][0-9]* bytes' one_each >/dev/null || fail "no patch travelled"
    grep 'gradients 8[0-9]* bytes' one_each | tail -n 1
    ;;
  same_accuracy)
    for ranks in 1 4; do
      (train $ranks --epochs 6) | tee "ranks$ranks" | tail -n 1
    done
    awk -v a="$(accuracy_of ranks1)" -v b="$(accuracy_of ranks4)" \
      'BEGIN { exit !(a > 50 && b > a - 3 && b < a + 3) }' || fail "another accuracy"
    ;;
  local)
    (train 3 --local --epochs 2 --batch 32) | tee ranks3
    grep 'each mixes its own' ranks3 >/dev/null
    if grep 'patches [1-9]' ranks3; then fail "a patch travelled"; fi
    ;;
  dies)
    set -- --check --epochs 6 --images 256 --batch 16 --checkpoint-every 1
    (train 3 "$@") >whole
    (train 3 "$@" --checkpoint state) >killed 2>&1 &
    mpirun=$!
    # Some steps on, one of the ranks is killed: a child of mpirun's.
    while kill -0 $mpirun 2>/dev/null &&
      [ "$(sed -n '/^weights/q; s/^step //p' state 2>/dev/null)" != 9 ] &&
      ! grep '^epoch 1' killed >/dev/null; do
      sleep 0.01
    done
    victim=$(awk -v parent=$mpirun '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null |
      tail -n 1)
    [ -n "$victim" ] || fail "there was no rank to kill"
    kill -9 "$victim"
    if wait $mpirun; then fail "mpirun says that all went well"; fi
    grep -i 'rank .*signal 9' killed || fail "no message says that a rank died"
    # Others go on.
    sed -n '/^weights/q; s/^epoch /stopped in epoch /p; s/^step /at step /p' state
    (train 2 "$@" --resume state) >resumed
    grep '^batches ' whole >batches
    grep '^batches ' resumed | cmp - batches
    tail -n 1 resumed
    ;;
  *) fail "no such case: $case" ;;
esac
