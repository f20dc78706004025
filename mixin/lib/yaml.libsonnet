// YAML of rules files as a person writes it: keys in a fixed order, expressions as blocks, comments kept.
// std.manifestYamlDoc sorts keys and quotes them, and a rule's name would stand below its text.
local bare = std.set(std.stringChars("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"));
local plain(s) = std.length(s) > 0 && std.length(s) < 60 && std.all([std.setMember(c, bare) for c in std.stringChars(s)]);
local quoted(s) = "'" + std.strReplace(s, "'", "''") + "'";
local scalar(v) = if !std.isString(v) then std.toString(v) else if plain(v) then v else quoted(v);
local lines(text) = std.split(std.rstripChars(text, '\n'), '\n');
local indented(text, by) = std.join('\n', [if line == '' then '' else by + line for line in lines(text)]);
local comment(text, by) = std.join('', [by + '# ' + line + '\n' for line in lines(text)]);

{
  indented: indented,

  local map(object, keys, by) = std.join('', [by + key + ': ' + scalar(object[key]) + '\n' for key in keys if std.objectHas(object, key)]),

  local rule(r) =
    local kind = if std.objectHas(r, 'alert') then 'alert' else 'record';
    (if std.objectHas(r, 'comment') then comment(r.comment, '      ') else '') +
    '      - ' + kind + ': ' + r[kind] + '\n' +
    '        expr: |\n' + indented(r.expr, '          ') + '\n' +
    map(r, ['for', 'keep_firing_for'], '        ') +
    std.join('', [
      '        ' + part + ':\n' + map(r[part], keys, '          ')
      for part in ['labels', 'annotations']
      if std.objectHas(r, part)
      for keys in [if part == 'annotations' then ['summary', 'description', 'runbook_url', 'dashboard_url'] else std.objectFields(r[part])]
    ]),

  local group(g) =
    (if std.objectHas(g, 'comment') then comment(g.comment, '  ') else '') +
    '  - name: ' + g.name + '\n' + map(g, ['interval'], '    ') +
    '    rules:\n' + std.join('\n', [rule(r) for r in g.rules]),

  // A rules file; `head` is the comment at its top.
  rules(head, content):: comment(head, '') + 'groups:\n' + std.join('\n', [group(g) for g in content.groups]),
}
