#!/usr/bin/env python3
"""Token ids that transformers' CLIPTokenizer gives for awkward texts, under several tokenizer settings.

  python3 make_tokenizer_goldens.py --tokenizer tokenizer --out tokenizer_ids.json
  python3 make_tokenizer_goldens.py --tokenizer OTHER_FOLDER --out OTHER.json     # any other CLIP vocabulary

The file holds, per setting: the JSON files that replace those of the folder, and [text, ids] pairs, ids padded
and cut to model_max_length. Made with transformers 5.23, tokenizers' bundled Oniguruma.
"""

import argparse, json, os, random, shutil, tempfile, unicodedata
from transformers import CLIPTokenizer

TEXTS = [
    "",
    " ",
    "   \t\n  ",
    "a",
    "The photo of a bear on the beach.",
    "a  picture\tof\nthis robot\r\n in the snow",
    "it's John's, we're they've I'm she'll he'd don't",
    "IT'S WE'RE",
    "'s't're",
    "''''s",
    "rock'n'roll 'tis",
    "it\u2019s curly",
    "1234567890",
    "4k 8k 1.5e-3",
    "route66",
    "\u00bd \u2167 \u0663 \u00b2",
    "!!!",
    "!'s",
    "?!?...---",
    "a.b,c;d:e",
    "(word:1.3), [other]",
    "<lora:x:1>",
    "caf\u00e9",
    "cafe\u0301",
    "na\u00efve fa\u00e7ade \u00c5ngstr\u00f6m \u212bngstr\u00f6m",
    "\ufb01sh",
    "\u0130stanbul \u0131\u015f\u0131k",
    "\u03a3\u0391\u03a3 \u03c3\u03b1\u03c2",
    "STRASSE stra\u00dfe \u1e9e",
    "\u4e00\u53ea\u732b",
    "\u732b\u3068\u72ac",
    "\uace0\uc591\uc774",
    "\u1100\u1161\u11a8",
    "\u043a\u043e\u0442 \u043d\u0430 \u043f\u043b\u044f\u0436\u0435",
    "\u0642\u0637\u0629",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\u0e41\u0e21\u0e27",
    "\U0001f600",
    "a\U0001f468\u200d\U0001f469\u200d\U0001f467family",
    "\U0001f1e9\U0001f1ea flag",
    "\u2764\ufe0f",
    "x\u200by",
    "a\u00a0b\u3000c\u2028d\u0085e",
    "\ufeffbom",
    "\u0000nul\u0001",
    "e\u0301\u0323",
    "\u0301alone",
    "<|startoftext|>",
    "a <|endoftext|> b",
    "a<|endoftext|>b",
    "<|ENDOFTEXT|>",
    "A <|StartOfText|> b",
    "<|startoftext|>!",
    "!<|startoftext|>",
    "<|endoftext",
    "<|endoftext|><|endoftext|>",
    "   lead and trail   ",
    "x" * 200,
    "the cat " * 60,
    "under" * 30,
    "underwater underwaters un-der-water",
    "toytoy toy",
    "ghostghost's",
    'a photo of the trees, my forest & this mountain @ night #snow $5 50% ^_^ ~tilde~ `tick` {brace} |pipe| back\\slash "quote"',
    "\U0001d400\U0001d401\U0001d402 \uff21\uff22\uff23 \u24b6\u24b7",
    "\u01c5 \u02b0 \u0aa0",
    "\U00010400\U00010428",
    "\ue000 private",
]


def fuzz(count, seed):
    """Short texts over blocks where letters, digits, marks and symbols meet; only code points long assigned."""
    r = random.Random(seed)
    blocks = [(0x20, 0x7E)] * 4 + [
        (0xA0, 0x24F),
        (0x300, 0x36F),
        (0x370, 0x3FF),
        (0x400, 0x4FF),
        (0x5D0, 0x5EA),
        (0x900, 0x97F),
        (0x1E00, 0x1EFF),
        (0x2000, 0x206F),
        (0x2100, 0x218B),
        (0x3040, 0x30FF),
        (0xAC00, 0xACFF),
        (0x1F600, 0x1F64F),
    ]
    texts = []
    for _ in range(count):
        text = ""
        while len(text) < r.randint(1, 14):
            c = chr(r.randint(*r.choice(blocks)))
            if unicodedata.category(c) not in ("Cn", "Cs"):
                text += c
        texts.append(text)
    return texts


def token(content, **flags):
    return dict(
        {
            "__type": "AddedToken",
            "content": content,
            "lstrip": False,
            "normalized": True,
            "rstrip": False,
            "single_word": False,
        },
        **flags,
    )


def settings(base):
    """name -> files to write over the folder's own."""
    bos, eos = "<|startoftext|>", "<|endoftext|>"
    plain = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": 16,
        "bos_token": bos,
        "eos_token": eos,
        "unk_token": eos,
        "pad_token": eos,
        "do_lower_case": True,
    }
    sd1 = dict(
        plain,
        model_max_length=77,
        bos_token=token(bos),
        eos_token=token(eos),
        unk_token=token(eos),
        add_prefix_space=False,
        errors="replace",
        name_or_path="./clip",
    )
    sd1_map = {
        "bos_token": {k: v for k, v in token(bos).items() if k != "__type"},
        "eos_token": {k: v for k, v in token(eos).items() if k != "__type"},
        "unk_token": {k: v for k, v in token(eos).items() if k != "__type"},
        "pad_token": eos,
    }
    sd2 = dict(
        plain,
        model_max_length=77,
        bos_token=token(bos),
        eos_token=token(eos),
        unk_token=token(eos),
        pad_token="!",
        do_lower_case=False,
    )
    listed = dict(
        plain,
        pad_token="!",
        added_tokens_decoder={
            str(base["!"]): {k: v for k, v in token("!", normalized=False, special=True).items() if k != "__type"},
            str(base[bos]): {k: v for k, v in token(bos, special=True).items() if k != "__type"},
            str(base[eos]): {k: v for k, v in token(eos, normalized=False, special=True).items() if k != "__type"},
        },
    )
    return {
        "plain": {"tokenizer_config.json": plain},
        "sd1": {"tokenizer_config.json": sd1, "special_tokens_map.json": sd1_map},
        "sd2": {"tokenizer_config.json": sd2, "special_tokens_map.json": dict(sd1_map, pad_token="!")},
        "listed": {"tokenizer_config.json": listed},
    }


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--fuzz", type=int, default=120)
    o = a.parse_args()
    base = json.load(open(os.path.join(o.tokenizer, "vocab.json"), encoding="utf-8"))
    result = []
    for name, files in settings(base).items():
        with tempfile.TemporaryDirectory() as d:
            for f in ("vocab.json", "merges.txt"):
                shutil.copy(os.path.join(o.tokenizer, f), d)
            for f, content in files.items():
                json.dump(content, open(os.path.join(d, f), "w"))
            t = CLIPTokenizer.from_pretrained(d)
            texts = TEXTS + (fuzz(o.fuzz, 1) if name in ("plain", "sd1") else [])
            ids = [
                [s, t(s, padding="max_length", max_length=t.model_max_length, truncation=True)["input_ids"]]
                for s in texts
            ]

        # the padding at the end is left out: it follows from the settings
        def cut(x):
            while len(x) > 2 and x[-1] == t.pad_token_id and x[-2] == t.pad_token_id:
                x = x[:-1]
            return x

        result.append(
            {
                "name": name,
                "length": t.model_max_length,
                "padding": t.pad_token_id,
                "files": files,
                "texts": [[s, cut(x)] for s, x in ids],
            }
        )
    json.dump(result, open(o.out, "w"), separators=(",", ":"))
    print(sum(len(r["texts"]) for r in result), "texts,", os.path.getsize(o.out), "bytes")


main()
