"""Buyers of a flash sale; as a process, `_sale PORT PATH BUYERS`, they buy until stdin says something, and it prints what they met."""

import http.client
import json
import re
import sys
import threading
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode


@dataclass
class Sale:
    """What the buyers met: answers by status, and how many got their units."""

    port: int
    path: str
    statuses: dict[int, int] = field(default_factory=dict)
    bought: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def buyer(self, number: int) -> None:
        """Buy again and again, each time as somebody else."""
        turn = 0
        while not self.over.is_set():
            turn += 1
            try:
                self._buy(f"buyer{number}x{turn}@example.com")
            except OSError:
                self._note(0)

    def _buy(self, email: str) -> None:
        self._ask("GET", self.path)
        status, headers, page = self._ask("GET", f"{self.path}buy/")
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        if status != 200 or "request_key" not in hidden:
            return
        jar = SimpleCookie("; ".join(headers.get_all("Set-Cookie") or []))
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items() if name == "csrftoken")
        fields = {**hidden, "email": email, "name": "A buyer", "phone": "", "units": "1"}
        status, _headers, _page = self._ask("POST", f"{self.path}buy/", body=urlencode(fields), cookies=cookies)
        with self.lock:
            self.bought += status == 303

    def _ask(
        self, method: str, path: str, *, body: str = "", cookies: str = ""
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        host = f"riverside.localhost:{self.port}"
        headers = {"Host": host, "Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body=body or None, headers={**headers, "Referer": f"http://{host}{path}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self._note(answer.status)
        return answer.status, answer.headers, text

    def _note(self, status: int) -> None:
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1


def main() -> None:
    """Run the sale until it is over."""
    sale = Sale(int(sys.argv[1]), sys.argv[2])
    threads = [threading.Thread(target=sale.buyer, args=(number,)) for number in range(int(sys.argv[3]))]
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    sale.over.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"bought": sale.bought, "statuses": sale.statuses}))


if __name__ == "__main__":
    main()
