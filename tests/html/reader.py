import base64, hashlib, html.parser, json, re, sys

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.parts, self.plots = [], [], {}, []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert tag not in {"img", "link", "iframe", "object", "base", "a"}, tag
        assert not [name for name in names if name.startswith("on") or name in {"src", "href", "style"}], names
        if tag == "script":
            assert dict(attributes) == {"type": "application/json", "id": "summary"}, attributes
        if tag == "meta" and ("http-equiv", "Content-Security-Policy") in attributes:
            self.policy = dict(attributes)["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside in {"style", "script"} or (inside == "title" and "svg" not in self.open):
            self.parts[inside] = self.parts.get(inside, "") + data
        elif inside == "title":
            self.plots.append(data)
        else:
            self.text.append(data)


page = Page()
content = open(sys.argv[1], encoding="utf-8", newline="").read()
assert content.startswith("<!DOCTYPE html>")
odd = [letter for letter in content if letter != "\n" and not letter.isprintable()]
assert not odd, odd
page.feed(content)
page.close()
assert not page.open, page.open
style = base64.b64encode(hashlib.sha256(page.parts["style"].encode()).digest()).decode()
assert f"style-src 'sha256-{style}'" in page.policy, f"the policy needs 'sha256-{style}'"
assert page.policy.startswith("default-src 'none';")
print(json.dumps({
    "title": page.parts["title"], "text": re.sub(r"\s+", " ", "".join(page.text)),
    "plots": page.plots, "summary": json.loads(page.parts["script"]),
}))
