"""What you see is what you sign (所见即所签): the client's own look at a document before the PIN.

| module | does |
|---|---|
| `look` | the whole look of one dialog, in the background, and what it means for the PIN |
| `fetch` | gets the very bytes that are about to be signed from the platform that asks |
| `prepared` | proves that the digest in the signed attributes is theirs |
| `drawing` | has the marked pages drawn, and makes pictures of what comes back |
| `painter` | the child process that draws: the only place of the client where a PDF is read |
| `walls` | what that child may see and use |
"""
