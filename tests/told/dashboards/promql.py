"""As much of PromQL as it takes to see which metrics and labels an expression names. promtool says whether it is valid."""
import re

TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
      | (?P<range>\[[^\]]*\])
      | (?P<number>\d[\w.]*|\$__\w+)
      | (?P<name>[A-Za-z_:][\w:]*)
      | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/%^=<>(){},@])""",
    re.X,
)
LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}


class Selector:
    """One `metric{label="value"}[5m]`: its name, its matchers as (label, operator, value), its range and the function around it."""

    def __init__(self, name, function):
        self.name, self.function, self.matchers, self.range = name, function, [], None

    def families(self, known):
        """The metrics of the catalog that this selects: by name, or by a matcher on __name__."""
        if self.name:
            return {self.name}
        patterns = [value for label, _, value in self.matchers if label == "__name__"]
        return {name for name in known if patterns and all(re.fullmatch(pattern, name) for pattern in patterns)}


class Expression:
    """The selectors of an expression, and the labels it names outside of them."""

    def __init__(self, text):
        self.selectors, self.labels, self.made = [], set(), set()
        tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"cannot read {text[at:at + 20]!r}")
            at = match.end()
            if match.lastgroup != "space":
                tokens.append((match.lastgroup, match.group()))
        self.tokens = tokens + [("end", "")] * 2
        self._read()

    def _read(self):
        calls, i = [], 0  # the functions around the place we are at
        while self.tokens[i][0] != "end":
            (kind, text), following = self.tokens[i], self.tokens[i + 1][1]
            if kind == "name" and text in LABEL_LISTS:
                i = self._labels(i + 1) if following == "(" else i + 1
            elif kind == "name" and following == "(":
                calls.append(text)
                if text in ("label_replace", "label_join"):
                    self._made_label(i + 1)
                i += 2
            elif text == "(":
                calls.append("")
                i += 1
            elif text == ")":
                calls.pop()
                i += 1
            elif text == "{" or (kind == "name" and text.lower() not in WORDS and following != "by" and following != "without"):
                i = self._selector(i, calls[-1] if calls else "")
            else:
                i += 1

    def _labels(self, i):
        while self.tokens[i][1] != ")":
            if self.tokens[i][0] == "name":
                self.labels.add(self.tokens[i][1])
            i += 1
        return i + 1

    def _made_label(self, i):
        """label_replace and label_join name the label that they make first, at the depth of their own arguments."""
        depth = 0
        for kind, text in self.tokens[i:]:
            depth += (text in ("(", "{")) - (text in (")", "}"))
            if kind == "string" and depth == 1:
                self.made.add(text[1:-1])
                return

    def _selector(self, i, function):
        name = ""
        if self.tokens[i][0] == "name":
            name, i = self.tokens[i][1], i + 1
        selector = Selector(name, function)
        if self.tokens[i][1] == "{":
            i += 1
            while self.tokens[i][1] != "}":
                if self.tokens[i][0] == "name":
                    selector.matchers.append((self.tokens[i][1], self.tokens[i + 1][1], self.tokens[i + 2][1][1:-1]))
                    i += 2
                i += 1
            i += 1
        if self.tokens[i][0] == "range":
            selector.range, i = self.tokens[i][1][1:-1], i + 1
        self.selectors.append(selector)
        return i
