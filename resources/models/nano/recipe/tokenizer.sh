#!/usr/bin/env bash
# tokenizer.sh CORPUS.jsonl.xz FOLDER: trains the bundled model's tokenizer (FOLDER/tokenizer.model) on 22 MB of a corpus.
# Needs sentencepiece, jq and xz-utils. The same corpus gives the same model.
set -euo pipefail
corpus=$1 folder=$2
corpus=$(realpath -- "$corpus")
mkdir -p "$folder"
cd "$folder" # the model keeps the names of these files
text=tokenizer.txt
trap 'rm -f "$text"' EXIT
# Documents in a fixed random order, a paragraph a line, long ones cut: sentencepiece reads lines.
xz -dc "$corpus" | jq -c .text | shuf --random-source=<(openssl enc -aes-256-ctr -pass pass:icae -nosalt </dev/zero 2>/dev/null) \
    | jq -r . | awk 'NF { line = substr($0, 1, 3000); print line; size += length(line); if (size > 22e6) exit }' >"$text" || true
spm_train --input="$text" --model_prefix=tokenizer --model_type=bpe --vocab_size=12000 --byte_fallback=true \
    --character_coverage=0.9995 --normalization_rule_name=identity --remove_extra_whitespaces=false --split_digits=true \
    --allow_whitespace_only_pieces=true --unk_id=0 --bos_id=1 --eos_id=2 --pad_id=-1 --num_threads=2 \
    --max_sentence_length=8000 --minloglevel=1
rm -f tokenizer.vocab
