#!/usr/bin/env bash
# Runs mcast recv with the words of MCAST_RECV, and mcast send with those of MCAST_SEND if there are
# any. The results are in MCAST_FOLDER. The exit status is that of mcast.
set -euo pipefail

# xargs splits words and removes quotes, and runs nothing.
words() { xargs -r printf '%s\n' <<<"$1"; }

mapfile -t recv < <(words "$MCAST_RECV")
mapfile -t send < <(words "${MCAST_SEND:-}")
mkdir -p -- "$MCAST_FOLDER"
folder=$(realpath -- "$MCAST_FOLDER")
# Before the run: the next steps need the paths of a failed test, too.
{
  echo "junit=$folder/junit.xml"
  echo "report=$folder/report.html"
  echo "csv=$folder/intervals.csv"
} >>"$GITHUB_OUTPUT"
command=()
[ ${#send[@]} = 0 ] || command=(-- mcast send "${send[@]}")
exec mcast recv "${recv[@]}" --quiet --junit "$folder/junit.xml" --report "$folder/report.html" \
  --csv "$folder/intervals.csv" "${command[@]}"
