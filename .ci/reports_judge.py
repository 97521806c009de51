"""Holds what EU DSS reads in validation reports against verifypdf: reports_judge.py LOG VERDICTS OUT TESTS

LOG is what EtsiReport printed, VERDICTS the lines of verifypdf -json, OUT the directory
of their reports, TESTS that of reports whose files are gone: these need only be read.
"""
import collections
import json
import os
import sys

log, verdicts, out, tests = sys.argv[1:]
read = collections.defaultdict(list)
for line in open(log, encoding='utf-8'):
    parts = line.rstrip('\n').split('\t')
    read[parts[0]].append(parts[1:])
bad = count = 0


def fault(*what):
    global bad
    bad += 1
    print('wrong:', *what)


for line in open(verdicts, encoding='utf-8'):
    v = json.loads(line)
    name = os.path.join(out, os.path.splitext(os.path.basename(v['file']))[0] + '.xml')
    want = []
    for i, s in enumerate(v['signatures']):
        main = s['indication']
        if s['kind'] == 'timestamp':
            main = main.removeprefix('TOTAL_')
        want.append([f'S{i + 1}', main, s['sub_indication'], s['signer']])
    if v['reasons'] or not v['signatures']:
        failed = v['verdict'] == 'invalid'
        want.append(['(file)', 'TOTAL_FAILED' if failed else 'INDETERMINATE', 'FORMAT_FAILURE' if failed else '', ''])
    got = read[name]
    if not got or got[-1][0] != 'objects' or got[:-1] != want:
        fault(name, got, 'want', want)
    passed = all(g[1] in ('TOTAL_PASSED', 'PASSED') for g in got[:-1])
    if passed != (v['verdict'] == 'valid'):
        fault(name, v['verdict'], got)
    count += len(want)
files = [n for n in os.listdir(out) if n.endswith('.xml')]
for n in os.listdir(tests):
    got = read[os.path.join(tests, n)]
    if not got or got[-1][0] != 'objects':
        fault(n, got)
broken = [n for n in read if os.path.basename(n).startswith('broken')]
if len(broken) != 3 or any(read[n][0][0] != 'ERROR' for n in broken):
    fault('broken reports were read:', {n: read[n] for n in broken})
valid = sum(1 for line in open(verdicts, encoding='utf-8') if json.loads(line)['verdict'] == 'valid')
if valid < 8:
    fault('only', valid, 'files are valid')
print(f'EU DSS read {count} indications in {len(files)} reports, and {len(os.listdir(tests))} reports of the tests; {valid} files are valid; {bad} wrong')
sys.exit(bad > 0)
