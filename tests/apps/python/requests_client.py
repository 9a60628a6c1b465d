"""Requests over one session: requests_client.py COUNT URL..., `{}` becomes the number."""

import sys

import requests

with requests.Session() as session:
    for number in range(int(sys.argv[1])):
        for url in sys.argv[2:]:
            answer = session.get(url.replace("{}", str(number)), timeout=20)
            print(answer.status_code, answer.text, end="")
