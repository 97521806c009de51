"""Compares the table of what signatures permit with what iText makes of the same files.

usage: permissions_judge.py SAID

SAID has a line for each file: transform_change_verdict.pdf, what iText says, why. What
iText refuses must be refused. Where it is more lenient, one of these is the reason:
"""
import sys

LENIENT = {
    'document information': lambda t, c, v: c == 'info' and v in ('mdp', 'both'),
    'a new visible field under P 2 (table 257: filling, page templates, signing)': lambda t, c, v: c == 'show' and v == 'mdp' and 'P1' not in t,
    'a FieldMDP transform, of which only the copy in /Lock is read (12.8.2.4)': lambda t, c, v: v in ('lock', 'both') or t in ('lock-P1', 'lock-P2', 'include-P1'),
    'a /P that table 257 does not have': lambda t, c, v: t in ('P-name', 'P-real', 'P-seven'),
}
agree, bad, why = 0, 0, dict.fromkeys(LENIENT, 0)
for line in open(sys.argv[1], encoding='utf-8'):
    name, said, text = (line.rstrip('\n').split('\t') + [''])[:3]
    transform, change, verdict = name.removesuffix('.pdf').rsplit('_', 2)
    ours, theirs = verdict == 'ok', said == 'VALID'
    if ours == theirs or said == 'INDETERMINATE':  # what iText does not decide
        agree += 1
        continue
    known = [k for k, holds in LENIENT.items() if theirs and holds(transform, change, verdict)]
    if known:
        why[known[0]] += 1
    else:
        bad += 1
        print(f'{name}: iText says {said}: {text}')
for k, n in why.items():
    print(f'{n} where iText allows: {k}')
print(f'{agree + sum(why.values()) + bad} files, {agree} as iText, {bad} otherwise')
sys.exit(bad > 0 or agree < 150)
