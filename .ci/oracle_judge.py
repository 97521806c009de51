"""Holds what was accepted of random updates against pyHanko: oracle_judge.py DIR [--all]

DIR holds the files and verdicts.tsv: name, verdict, grade of what changed after
the first signature, and the codes of the changes. A file that is called valid although pyHanko finds a change
beyond filled forms, or cannot read it, is a failure, unless it was accepted for
what pyHanko does not accept from anyone, although honest producers write it. With --all, what is refused
is asked about too, to count what pyHanko would accept.
"""
import logging
import os
import sys

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel, DEFAULT_DIFF_POLICY

logging.disable(logging.CRITICAL)
where = sys.argv[1]
# What is accepted by intent: an entry of the VRI that gains evidence, another first part of /ID.
WIDER = {'VRI_GREW', 'ID_CHANGED'}
count = accepted = stricter = wrong = wider = 0
for line in open(os.path.join(where, 'verdicts.tsv'), encoding='utf-8'):
    name, verdict, grade, codes = line.rstrip('\n').split('\t')
    count += 1
    ours = verdict == 'valid'
    if not ours and '--all' not in sys.argv:
        continue
    try:
        with open(os.path.join(where, name), 'rb') as f:
            r = PdfFileReader(f)
            theirs = True
            for s in r.embedded_signatures:
                s.compute_integrity_info(diff_policy=DEFAULT_DIFF_POLICY)
                level = getattr(s.diff_result, 'modification_level', ModificationLevel.OTHER) if s.diff_result is not None \
                    else ModificationLevel.NONE
                if level > ModificationLevel.FORM_FILLING:
                    theirs = False
            if not r.embedded_signatures:
                theirs = False
            why = ''
    except Exception as e:  # pylint: disable=broad-except
        theirs, why = False, f'{type(e).__name__}: {str(e)[:120]}'
    accepted += ours
    if ours and not theirs and WIDER & set(codes.split(' ')):
        wider += 1
    elif ours and not theirs:
        wrong += 1
        print(f'{name}: accepted with {grade}, and pyHanko does not: {why}')
    if theirs and not ours:
        stricter += 1
more = f'; pyHanko would accept {stricter} more' if '--all' in sys.argv else ''
print(f'{count} updates: {accepted} accepted, {wrong} of them refused by pyHanko, {wider} by intent{more}')
sys.exit(wrong > 0)
