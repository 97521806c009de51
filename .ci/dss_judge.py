"""Holds EU DSS's verdicts against what each file's name claims: dss_judge.py LOG FILE...

TOTAL_PASSED, the exact level, and no changed page, for every signature. EU DSS's
default policy does not count Ed25519 as acceptable yet: there the level and the
signature's integrity are held. It passes the signatures of files with a 骑缝章 of
buttons laid out in advance, or texts and further places that signers fill in, and
notes that the pages look different since: so they do.
"""
import collections
import sys

lines = collections.defaultdict(list)
for line in open(sys.argv[1], encoding='utf-8'):
    parts = line.rstrip('\n').split('\t')
    lines[parts[0]].append(parts[1:])
bad = 0
count = 0
for name in sys.argv[2:]:
    name = name.split('::')[0]
    got = lines[name]
    if not got:
        print('not judged:', name)
        bad += 1
    for level in ('B-LTA', 'B-LT', 'B-T', 'B-B'):
        if name.endswith(level + '.pdf'):
            break
    else:
        level = None
    for g in got:
        count += 1
        if g[0] == '(timestamp)':
            ok = g[1] == 'intact=true'
        else:
            ok = len(g) > 5 and g[4] == 'intact=true' and (g[5].startswith('diff=false') or any(n in name for n in ('laid3', 'laid4', 'placed-1', 'added-1')))
            ok = ok and (g[1] == 'TOTAL_PASSED' or 'ed25519' in name)
            if level:
                want = {'B-B': 'B', 'B-T': 'T', 'B-LT': 'LT', 'B-LTA': 'LTA'}[level]
                ok = ok and g[3] == 'PAdES-BASELINE-' + want
        if not ok:
            print('refused:', name, g)
            bad += 1
print(f'EU DSS: {count} signatures and document timestamps, {bad} refused')
sys.exit(bad > 0)
