#include "app/manual.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace aisle::app {
namespace {

// Text of a page: no backslash is an escape, and no line begins a macro.
std::string Roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

bool IsFlag(const CLI::Option& option) {
  return !option.get_positional() || !option.get_lnames().empty();
}

std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

void AppendCommand(std::string& page, const CLI::App& app, const std::string& name) {
  page += fmt::format(".SS {}\n{}.\n", Roff(name), Roff(app.get_description()));
  for (const CLI::Option* option : app.get_options()) {
    // What every command knows is said once, above.
    if (option->get_group() == "Options of every command" || option == app.get_help_ptr()) continue;
    const std::string type = IsFlag(*option) ? option->get_type_name() : std::string();
    page += fmt::format(".TP\n.B {}{}{}\n{}\n", Roff(option->get_name(false, true)),
                        type.empty() ? "" : " ", Roff(type), Roff(option->get_description()));
  }
  if (const std::string examples = app.get_footer(); !examples.empty())
    page += fmt::format(".PP\n.nf\n{}\n.fi\n", Roff(examples));
  for (const CLI::App* sub : app.get_subcommands({}))
    AppendCommand(page, *sub, name + " " + sub->get_name());
}

// case 'models predict') words=... ;;
void AppendWords(std::string& script, const CLI::App& app, const std::string& name) {
  std::vector<std::string> words = FlagsOf(app);
  for (const CLI::App* sub : app.get_subcommands({})) words.push_back(sub->get_name());
  script += fmt::format("    '{}') words='{}' ;;\n", name, fmt::join(words, " "));
  for (const CLI::App* sub : app.get_subcommands({}))
    AppendWords(script, *sub, name + " " + sub->get_name());
}

}  // namespace

std::string ManPage(const CLI::App& root, std::string_view version, std::string_view exit_codes) {
  std::string page = fmt::format(
      ".TH AISLE 1 \"\" \"aisle {}\" \"aisle\"\n.SH NAME\naisle \\- product recommendations in "
      "real time\n.SH SYNOPSIS\n.B aisle\n.I COMMAND\n[options]\n.SH OPTIONS OF EVERY COMMAND\n",
      version);
  for (const CLI::Option* option : root.get_options()) {
    if (option->get_group() != "Options of every command") continue;
    page += fmt::format(".TP\n.B {} {}\n{}\n", Roff(option->get_name()),
                        Roff(option->get_type_name()), Roff(option->get_description()));
  }
  page += ".SH COMMANDS\n";
  for (const CLI::App* app : root.get_subcommands({})) AppendCommand(page, *app, app->get_name());
  page += fmt::format(".SH EXIT STATUS\n{}", Roff(exit_codes));
  return page;
}

std::string BashCompletion(const CLI::App& root) {
  std::string script =
      "# Completes the commands and options of aisle in bash.\n"
      "_aisle() {\n"
      "  local words name='' word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $word == -* ]] && break\n"
      "    name+=\"${name:+ }$word\"\n"
      "  done\n"
      "  [[ $name == help ]] && name=''\n"
      "  case $name in\n";
  std::vector<std::string> names;
  for (const CLI::App* app : root.get_subcommands({})) names.push_back(app->get_name());
  script += fmt::format("    '') words='{} help' ;;\n", fmt::join(names, " "));
  for (const CLI::App* app : root.get_subcommands({})) AppendWords(script, *app, app->get_name());
  script +=
      "    *) words='' ;;\n"
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
      "}\n"
      "complete -o default -F _aisle aisle\n";
  return script;
}

}  // namespace aisle::app
