# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_manti_global_optspecs
    string join \n config= data-dir= o/output= no-input yes v/verbose h/help V/version
end

function __fish_manti_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_manti_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_manti_using_subcommand
    set -l cmd (__fish_manti_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c manti -n "__fish_manti_needs_command" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_needs_command" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_needs_command" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_needs_command" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_needs_command" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_needs_command" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c manti -n "__fish_manti_needs_command" -s V -l version -d 'Print version'
complete -c manti -n "__fish_manti_needs_command" -f -a "serve" -d 'Run the gateway (also without any command)'
complete -c manti -n "__fish_manti_needs_command" -f -a "migrate" -d 'Bring the database\'s schema up to date'
complete -c manti -n "__fish_manti_needs_command" -f -a "user" -d 'People who sign in and own keys'
complete -c manti -n "__fish_manti_needs_command" -f -a "key" -d 'API keys'
complete -c manti -n "__fish_manti_needs_command" -f -a "team" -d 'Users who share limits, models and reports'
complete -c manti -n "__fish_manti_needs_command" -f -a "usage" -d 'What was used, and what it cost'
complete -c manti -n "__fish_manti_needs_command" -f -a "provider" -d 'The providers that are configured'
complete -c manti -n "__fish_manti_needs_command" -f -a "model" -d 'The models that are served'
complete -c manti -n "__fish_manti_needs_command" -f -a "price" -d 'What models cost'
complete -c manti -n "__fish_manti_needs_command" -f -a "config" -d 'The settings in force'
complete -c manti -n "__fish_manti_needs_command" -f -a "health" -d 'Ask the running gateway whether it is up'
complete -c manti -n "__fish_manti_needs_command" -f -a "openapi" -d 'Print the description of the API (OpenAPI, JSON)'
complete -c manti -n "__fish_manti_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c manti -n "__fish_manti_needs_command" -f -a "man" -d 'Write the manual pages into a folder'
complete -c manti -n "__fish_manti_using_subcommand serve" -l listen -d 'Listen on this address [default: 0.0.0.0:8080]' -r
complete -c manti -n "__fish_manti_using_subcommand serve" -l log-level -d 'How much to log: off, error, warn, info, debug, trace, or directives' -r
complete -c manti -n "__fish_manti_using_subcommand serve" -l log-format -d 'How to log: text or json' -r
complete -c manti -n "__fish_manti_using_subcommand serve" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand serve" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand serve" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand serve" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand serve" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand serve" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand serve" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand migrate" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand migrate" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand migrate" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand migrate" -l status -d 'Only say which versions are applied and which are pending'
complete -c manti -n "__fish_manti_using_subcommand migrate" -l dry-run -d 'Only print the SQL that would run'
complete -c manti -n "__fish_manti_using_subcommand migrate" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand migrate" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand migrate" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand migrate" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "create" -d 'Create a user'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "list" -d 'List users, oldest first'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "show" -d 'Show a user'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "update" -d 'Change a user\'s address, name, role or limits'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "passwd" -d 'Set a user\'s password and end their sessions'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "disable" -d 'Stop a user from signing in and their keys from working'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "enable" -d 'Let a disabled user in again'
complete -c manti -n "__fish_manti_using_subcommand user; and not __fish_seen_subcommand_from create list show update passwd disable enable delete" -f -a "delete" -d 'Anonymise a user and revoke their keys; the records of what was used stay'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l name -d 'How to call them' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l role -d 'What they may do' -r -f -a "admin\t'Everything'
member\t'Their own keys and usage'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l models -d 'The models that may be used, with * for any characters; * alone for all' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l rpm -d 'Requests a minute, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l tpm -d 'Tokens a minute, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l rpd -d 'Requests a day, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l tpd -d 'Tokens a day, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l max-parallel -d 'Calls that may run at once, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l model-limit -d 'Limits of some models together, such as \'gpt-*:rpm=10,tpm=1000\'; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l observe -d 'Only report what is beyond the limits, do not refuse it' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l route -d 'Which model a name stands for, such as default=gpt-4o; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l observe-routes -d 'Only report the routes, do not follow them' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l allow-ip -d 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l password-stdin -d 'Read the password from standard input; without one they cannot sign in, only use keys'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l email -d 'A new e-mail address' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l name -d 'A new name' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l role -d 'A new role; ends their sessions' -r -f -a "admin\t'Everything'
member\t'Their own keys and usage'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l models -d 'The models that may be used, with * for any characters; * alone for all' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l rpm -d 'Requests a minute, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l tpm -d 'Tokens a minute, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l rpd -d 'Requests a day, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l tpd -d 'Tokens a day, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l max-parallel -d 'Calls that may run at once, or none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l model-limit -d 'Limits of some models together, such as \'gpt-*:rpm=10,tpm=1000\'; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l observe -d 'Only report what is beyond the limits, do not refuse it' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l route -d 'Which model a name stands for, such as default=gpt-4o; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l observe-routes -d 'Only report the routes, do not follow them' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l allow-ip -d 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere' -r
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -l password-stdin -d 'Read the password from standard input'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from passwd" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand user; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -f -a "create" -d 'Create a key; its secret is shown once'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -f -a "list" -d 'List keys, oldest first'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -f -a "show" -d 'Show a key'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -f -a "update" -d 'Change what a key is called and what it may use'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -f -a "revoke" -d 'Stop a key for ever'
complete -c manti -n "__fish_manti_using_subcommand key; and not __fish_seen_subcommand_from create list show update revoke rotate" -f -a "rotate" -d 'Give a key a new secret, which is shown once'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l user -d 'Whose it is: an address or id' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l name -d 'What to call it' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l models -d 'The models that may be used, with * for any characters; * alone for all' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l rpm -d 'Requests a minute, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l tpm -d 'Tokens a minute, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l rpd -d 'Requests a day, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l tpd -d 'Tokens a day, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l max-parallel -d 'Calls that may run at once, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l model-limit -d 'Limits of some models together, such as \'gpt-*:rpm=10,tpm=1000\'; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l observe -d 'Only report what is beyond the limits, do not refuse it' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l route -d 'Which model a name stands for, such as default=gpt-4o; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l observe-routes -d 'Only report the routes, do not follow them' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l allow-ip -d 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l team -d 'The team its calls are made for: a name or id, or none [default: the owner\'s only team]' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l expires -d 'When it stops working: 90d, 2027-01-01' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print the secret and nothing else'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -l user -d 'Only those of this user: an address or id' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -l team -d 'Only those for this team: a name or id' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l name -d 'What to call it' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l models -d 'The models that may be used, with * for any characters; * alone for all' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l rpm -d 'Requests a minute, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l tpm -d 'Tokens a minute, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l rpd -d 'Requests a day, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l tpd -d 'Tokens a day, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l max-parallel -d 'Calls that may run at once, or none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l model-limit -d 'Limits of some models together, such as \'gpt-*:rpm=10,tpm=1000\'; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l observe -d 'Only report what is beyond the limits, do not refuse it' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l route -d 'Which model a name stands for, such as default=gpt-4o; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l observe-routes -d 'Only report the routes, do not follow them' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l allow-ip -d 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l expires -d 'When it stops working, or never' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -l grace -d 'How long the old secret still works' -r
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print the secret and nothing else'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "create" -d 'Create a team'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "list" -d 'List teams, oldest first'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "show" -d 'Show a team'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "update" -d 'Change a team\'s name or limits'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "delete" -d 'Delete a team and revoke its keys; the records of what was used stay'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "members" -d 'List who belongs to a team'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "add" -d 'Add a user to a team, or change their role in it'
complete -c manti -n "__fish_manti_using_subcommand team; and not __fish_seen_subcommand_from create list show update delete members add remove" -f -a "remove" -d 'Take a user out of a team and revoke their keys for it'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l models -d 'The models that may be used, with * for any characters; * alone for all' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l rpm -d 'Requests a minute, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l tpm -d 'Tokens a minute, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l rpd -d 'Requests a day, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l tpd -d 'Tokens a day, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l max-parallel -d 'Calls that may run at once, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l model-limit -d 'Limits of some models together, such as \'gpt-*:rpm=10,tpm=1000\'; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l observe -d 'Only report what is beyond the limits, do not refuse it' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l route -d 'Which model a name stands for, such as default=gpt-4o; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l observe-routes -d 'Only report the routes, do not follow them' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l allow-ip -d 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l name -d 'What to call it' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l models -d 'The models that may be used, with * for any characters; * alone for all' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l rpm -d 'Requests a minute, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l tpm -d 'Tokens a minute, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l rpd -d 'Requests a day, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l tpd -d 'Tokens a day, input and output together, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l max-parallel -d 'Calls that may run at once, or none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l model-limit -d 'Limits of some models together, such as \'gpt-*:rpm=10,tpm=1000\'; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l observe -d 'Only report what is beyond the limits, do not refuse it' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l route -d 'Which model a name stands for, such as default=gpt-4o; again for more, none for none' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l observe-routes -d 'Only report the routes, do not follow them' -r -f -a "true\t''
false\t''"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l allow-ip -d 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere' -r
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from members" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -l role -d 'What they may do in the team' -r -f -a "team-admin\t'Sees the team\'s usage, manages its members and their keys'
member\t'Uses it'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand team; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -f -a "report" -d 'Sum up what was used, by user, model, day, …'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -f -a "list" -d 'List calls, newest first'
complete -c manti -n "__fish_manti_using_subcommand usage; and not __fish_seen_subcommand_from report list show" -f -a "show" -d 'Show one call'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l from -d 'From this day, moment or so long ago: 2026-11-01, 24h' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l to -d 'Up to this moment, or this day included' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l by -d 'What to group by: user, key, model, provider, team, day, hour, endpoint, end_user, tag:NAME' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l user -d 'Only calls of this user: an address or id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l key -d 'Only calls with this key\'s id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l team -d 'Only calls made for this team: a name or id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l model -d 'Only calls of this model, as asked for or as answered' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from report" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l from -d 'From this day, moment or so long ago: 2026-11-01, 24h' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l to -d 'Up to this moment, or this day included' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l user -d 'Only calls of this user: an address or id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l key -d 'Only calls with this key\'s id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l team -d 'Only calls made for this team: a name or id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l model -d 'Only calls of this model, as asked for or as answered' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l request -d 'Only the call with this request id' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l limit -d 'How many at most; 0 for all' -r
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand usage; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -f -a "list" -d 'List the providers'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -f -a "kinds" -d 'List the kinds of provider there are, and where each is'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -f -a "show" -d 'Show a provider'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -f -a "add" -d 'Add a provider to the database; one of the settings file is changed there'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -f -a "test" -d 'Ask a provider whether its address and each of its credentials are good; costs nothing'
complete -c manti -n "__fish_manti_using_subcommand provider; and not __fish_seen_subcommand_from list kinds show add test remove" -f -a "remove" -d 'Remove a provider from the database'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from kinds" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l kind -d 'What it is [default: its name, when that is a kind]; see: manti provider kinds' -r
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l base-url -d 'Where it is [default: the kind\'s own address]' -r
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l models -d 'The models it serves [default: those its kind is known for]' -r
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l set -d 'Any other setting of the file, its value as a text or as JSON; again for more' -r
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l api-key-stdin -d 'Read the provider\'s key from standard input'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand provider; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -f -a "list" -d 'List the models that are declared or known to a configured provider'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -f -a "show" -d 'Show who serves a model, and at which price'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -f -a "explain" -d 'Tell where a call would go and why, without making it'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -f -a "add" -d 'Declare a model in the database; one of the settings file is changed there'
complete -c manti -n "__fish_manti_using_subcommand model; and not __fish_seen_subcommand_from list show explain add remove" -f -a "remove" -d 'Remove a model from the database'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l key -d 'The id of the key it would come with' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l tokens -d 'How many tokens it would read' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l max-output -d 'How many tokens it would have written at most' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l tag -d 'A tag of it' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l target -d 'Who serves it, and under which name [default: the provider that knows the name]' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l aliases -d 'Other names for it' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l set -d 'Any other setting of the file, its value as a text or as JSON; again for more' -r
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand model; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -f -a "list" -d 'List the price book, in US dollars per million tokens'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -f -a "show" -d 'Show all prices of a model, with service tiers and long prompts'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -f -a "diff" -d 'Say what another price book has otherwise than the one in use'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -f -a "import" -d 'Use another price book from the next start on; records keep the prices they were made with'
complete -c manti -n "__fish_manti_using_subcommand price; and not __fish_seen_subcommand_from list show diff import check" -f -a "check" -d 'Say which served models have no price'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -l provider -d 'Only this provider\'s, as openai or groq' -r
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -l provider -d 'Only this provider\'s' -r
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -l force -d 'Even when it is older than the one in use'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -l built-in -d 'Go back to the book that came with the program'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand price; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -f -a "check" -d 'Say everything that is wrong with the settings, without starting'
complete -c manti -n "__fish_manti_using_subcommand config; and not __fish_seen_subcommand_from check show" -f -a "show" -d 'Show the settings in force, secrets masked'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Say where each setting comes from'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand health" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand health" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand health" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand health" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand health" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand health" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand health" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand openapi" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand openapi" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand openapi" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand openapi" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand openapi" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand openapi" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand openapi" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand completions" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand completions" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand completions" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand completions" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand completions" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand completions" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand completions" -s h -l help -d 'Print help'
complete -c manti -n "__fish_manti_using_subcommand man" -l config -d 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand man" -l data-dir -d 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]' -r -F
complete -c manti -n "__fish_manti_using_subcommand man" -s o -l output -d 'How to print data [default: table on a terminal, json elsewhere]' -r -f -a "table\t'For people'
json\t'For programs'
csv\t'For spreadsheets'"
complete -c manti -n "__fish_manti_using_subcommand man" -l no-input -d 'Never ask anything'
complete -c manti -n "__fish_manti_using_subcommand man" -l yes -d 'Agree to whatever would be asked'
complete -c manti -n "__fish_manti_using_subcommand man" -s v -l verbose -d 'Say more; twice for everything'
complete -c manti -n "__fish_manti_using_subcommand man" -s h -l help -d 'Print help'
