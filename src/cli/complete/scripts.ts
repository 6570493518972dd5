/*
 * The program itself knows the completions (`answer.ts`). A script passes the typed words to it, and the answer to its shell, as
 * a list of words and never as code.
 */

const bash = `# Completion of holdfast for bash.
_holdfast() {
  local -a answer
  COMPREPLY=()
  mapfile -t answer < <(command holdfast __complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$2" 2> /dev/null)
  case "\${answer[0]-}" in
    files) compopt -o default 2> /dev/null ;;
    folders) compopt -o dirnames 2> /dev/null ;;
    words)
      COMPREPLY=("\${answer[@]:1}")
      if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2> /dev/null; fi
      ;;
  esac
  return 0
}
complete -F _holdfast holdfast
`;

const zsh = `#compdef holdfast
# Completion of holdfast for zsh.
_holdfast() {
  local -a answer closed open
  local row word
  answer=("\${(@f)$(command holdfast __complete zsh -- "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  case "$answer[1]" in
    files | folders)
      if [[ $PREFIX == --*=* ]]; then compset -P '[^=]#='; fi
      if [[ $answer[1] == files ]]; then _files; else _files -/; fi
      ;;
    words)
      for row in "\${(@)answer[2,-1]}"; do
        word=\${row%%$'\\t'*}
        row=\${word//:/\\\\:}\${\${row#$word}/$'\\t'/:}
        if [[ $word == *= ]]; then open+=("$row"); else closed+=("$row"); fi
      done
      _describe -t words holdfast closed -- open -S ''
      ;;
  esac
}
if [ "$funcstack[1]" = "_holdfast" ]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`;

const fish = `# Completion of holdfast for fish.
function __holdfast_complete
  set -l current (commandline -ct)
  set -l answer (command holdfast __complete fish -- (commandline -opc) "$current" 2> /dev/null)
  switch "$answer[1]"
    case files folders
      set -l flag (string match -r -- '^--[^=]+=' "$current")
      set -l path (string replace -r -- '^--[^=]+=' '' "$current")
      if test "$answer[1]" = files
        printf '%s\\n' "$flag"(__fish_complete_path "$path")
      else
        printf '%s\\n' "$flag"(__fish_complete_directories "$path")
      end
    case words
      if set -q answer[2]
        printf '%s\\n' $answer[2..-1]
      end
  end
end
complete -c holdfast -f -a '(__holdfast_complete)'
`;

export const scripts = { bash, zsh, fish } as const;
