
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'manti' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'manti'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'manti' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the gateway (also without any command)')
            [CompletionResult]::new('migrate', 'migrate', [CompletionResultType]::ParameterValue, 'Bring the database''s schema up to date')
            [CompletionResult]::new('user', 'user', [CompletionResultType]::ParameterValue, 'People who sign in and own keys')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'API keys')
            [CompletionResult]::new('team', 'team', [CompletionResultType]::ParameterValue, 'Users who share limits, models and reports')
            [CompletionResult]::new('usage', 'usage', [CompletionResultType]::ParameterValue, 'What was used, and what it cost')
            [CompletionResult]::new('provider', 'provider', [CompletionResultType]::ParameterValue, 'The providers that are configured')
            [CompletionResult]::new('model', 'model', [CompletionResultType]::ParameterValue, 'The models that are served')
            [CompletionResult]::new('price', 'price', [CompletionResultType]::ParameterValue, 'What models cost')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'The settings in force')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Ask the running gateway whether it is up')
            [CompletionResult]::new('openapi', 'openapi', [CompletionResultType]::ParameterValue, 'Print the description of the API (OpenAPI, JSON)')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages into a folder')
            break
        }
        'manti;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen on this address [default: 0.0.0.0:8080]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much to log: off, error, warn, info, debug, trace, or directives')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'How to log: text or json')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;migrate' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only say which versions are applied and which are pending')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only print the SQL that would run')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;user' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List users, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a user')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change a user''s address, name, role or limits')
            [CompletionResult]::new('passwd', 'passwd', [CompletionResultType]::ParameterValue, 'Set a user''s password and end their sessions')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Stop a user from signing in and their keys from working')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Let a disabled user in again')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Anonymise a user and revoke their keys; the records of what was used stay')
            break
        }
        'manti;user;create' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'How to call them')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'What they may do')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models that may be used, with * for any characters; * alone for all')
            [CompletionResult]::new('--rpm', '--rpm', [CompletionResultType]::ParameterName, 'Requests a minute, or none')
            [CompletionResult]::new('--tpm', '--tpm', [CompletionResultType]::ParameterName, 'Tokens a minute, input and output together, or none')
            [CompletionResult]::new('--rpd', '--rpd', [CompletionResultType]::ParameterName, 'Requests a day, or none')
            [CompletionResult]::new('--tpd', '--tpd', [CompletionResultType]::ParameterName, 'Tokens a day, input and output together, or none')
            [CompletionResult]::new('--max-parallel', '--max-parallel', [CompletionResultType]::ParameterName, 'Calls that may run at once, or none')
            [CompletionResult]::new('--model-limit', '--model-limit', [CompletionResultType]::ParameterName, 'Limits of some models together, such as ''gpt-*:rpm=10,tpm=1000''; again for more, none for none')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Only report what is beyond the limits, do not refuse it')
            [CompletionResult]::new('--route', '--route', [CompletionResultType]::ParameterName, 'Which model a name stands for, such as default=gpt-4o; again for more, none for none')
            [CompletionResult]::new('--observe-routes', '--observe-routes', [CompletionResultType]::ParameterName, 'Only report the routes, do not follow them')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input; without one they cannot sign in, only use keys')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'manti;user;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;user;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;user;update' {
            [CompletionResult]::new('--email', '--email', [CompletionResultType]::ParameterName, 'A new e-mail address')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'A new name')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'A new role; ends their sessions')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models that may be used, with * for any characters; * alone for all')
            [CompletionResult]::new('--rpm', '--rpm', [CompletionResultType]::ParameterName, 'Requests a minute, or none')
            [CompletionResult]::new('--tpm', '--tpm', [CompletionResultType]::ParameterName, 'Tokens a minute, input and output together, or none')
            [CompletionResult]::new('--rpd', '--rpd', [CompletionResultType]::ParameterName, 'Requests a day, or none')
            [CompletionResult]::new('--tpd', '--tpd', [CompletionResultType]::ParameterName, 'Tokens a day, input and output together, or none')
            [CompletionResult]::new('--max-parallel', '--max-parallel', [CompletionResultType]::ParameterName, 'Calls that may run at once, or none')
            [CompletionResult]::new('--model-limit', '--model-limit', [CompletionResultType]::ParameterName, 'Limits of some models together, such as ''gpt-*:rpm=10,tpm=1000''; again for more, none for none')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Only report what is beyond the limits, do not refuse it')
            [CompletionResult]::new('--route', '--route', [CompletionResultType]::ParameterName, 'Which model a name stands for, such as default=gpt-4o; again for more, none for none')
            [CompletionResult]::new('--observe-routes', '--observe-routes', [CompletionResultType]::ParameterName, 'Only report the routes, do not follow them')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'manti;user;passwd' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;user;disable' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;user;enable' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;user;delete' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;key' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a key; its secret is shown once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a key')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change what a key is called and what it may use')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Stop a key for ever')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Give a key a new secret, which is shown once')
            break
        }
        'manti;key;create' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Whose it is: an address or id')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What to call it')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models that may be used, with * for any characters; * alone for all')
            [CompletionResult]::new('--rpm', '--rpm', [CompletionResultType]::ParameterName, 'Requests a minute, or none')
            [CompletionResult]::new('--tpm', '--tpm', [CompletionResultType]::ParameterName, 'Tokens a minute, input and output together, or none')
            [CompletionResult]::new('--rpd', '--rpd', [CompletionResultType]::ParameterName, 'Requests a day, or none')
            [CompletionResult]::new('--tpd', '--tpd', [CompletionResultType]::ParameterName, 'Tokens a day, input and output together, or none')
            [CompletionResult]::new('--max-parallel', '--max-parallel', [CompletionResultType]::ParameterName, 'Calls that may run at once, or none')
            [CompletionResult]::new('--model-limit', '--model-limit', [CompletionResultType]::ParameterName, 'Limits of some models together, such as ''gpt-*:rpm=10,tpm=1000''; again for more, none for none')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Only report what is beyond the limits, do not refuse it')
            [CompletionResult]::new('--route', '--route', [CompletionResultType]::ParameterName, 'Which model a name stands for, such as default=gpt-4o; again for more, none for none')
            [CompletionResult]::new('--observe-routes', '--observe-routes', [CompletionResultType]::ParameterName, 'Only report the routes, do not follow them')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team its calls are made for: a name or id, or none [default: the owner''s only team]')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When it stops working: 90d, 2027-01-01')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the secret and nothing else')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the secret and nothing else')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;key;list' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only those of this user: an address or id')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Only those for this team: a name or id')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;key;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;key;update' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What to call it')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models that may be used, with * for any characters; * alone for all')
            [CompletionResult]::new('--rpm', '--rpm', [CompletionResultType]::ParameterName, 'Requests a minute, or none')
            [CompletionResult]::new('--tpm', '--tpm', [CompletionResultType]::ParameterName, 'Tokens a minute, input and output together, or none')
            [CompletionResult]::new('--rpd', '--rpd', [CompletionResultType]::ParameterName, 'Requests a day, or none')
            [CompletionResult]::new('--tpd', '--tpd', [CompletionResultType]::ParameterName, 'Tokens a day, input and output together, or none')
            [CompletionResult]::new('--max-parallel', '--max-parallel', [CompletionResultType]::ParameterName, 'Calls that may run at once, or none')
            [CompletionResult]::new('--model-limit', '--model-limit', [CompletionResultType]::ParameterName, 'Limits of some models together, such as ''gpt-*:rpm=10,tpm=1000''; again for more, none for none')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Only report what is beyond the limits, do not refuse it')
            [CompletionResult]::new('--route', '--route', [CompletionResultType]::ParameterName, 'Which model a name stands for, such as default=gpt-4o; again for more, none for none')
            [CompletionResult]::new('--observe-routes', '--observe-routes', [CompletionResultType]::ParameterName, 'Only report the routes, do not follow them')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When it stops working, or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;key;revoke' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;key;rotate' {
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'How long the old secret still works')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the secret and nothing else')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the secret and nothing else')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a team')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List teams, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a team')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change a team''s name or limits')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a team and revoke its keys; the records of what was used stay')
            [CompletionResult]::new('members', 'members', [CompletionResultType]::ParameterValue, 'List who belongs to a team')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user to a team, or change their role in it')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Take a user out of a team and revoke their keys for it')
            break
        }
        'manti;team;create' {
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models that may be used, with * for any characters; * alone for all')
            [CompletionResult]::new('--rpm', '--rpm', [CompletionResultType]::ParameterName, 'Requests a minute, or none')
            [CompletionResult]::new('--tpm', '--tpm', [CompletionResultType]::ParameterName, 'Tokens a minute, input and output together, or none')
            [CompletionResult]::new('--rpd', '--rpd', [CompletionResultType]::ParameterName, 'Requests a day, or none')
            [CompletionResult]::new('--tpd', '--tpd', [CompletionResultType]::ParameterName, 'Tokens a day, input and output together, or none')
            [CompletionResult]::new('--max-parallel', '--max-parallel', [CompletionResultType]::ParameterName, 'Calls that may run at once, or none')
            [CompletionResult]::new('--model-limit', '--model-limit', [CompletionResultType]::ParameterName, 'Limits of some models together, such as ''gpt-*:rpm=10,tpm=1000''; again for more, none for none')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Only report what is beyond the limits, do not refuse it')
            [CompletionResult]::new('--route', '--route', [CompletionResultType]::ParameterName, 'Which model a name stands for, such as default=gpt-4o; again for more, none for none')
            [CompletionResult]::new('--observe-routes', '--observe-routes', [CompletionResultType]::ParameterName, 'Only report the routes, do not follow them')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team;update' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What to call it')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models that may be used, with * for any characters; * alone for all')
            [CompletionResult]::new('--rpm', '--rpm', [CompletionResultType]::ParameterName, 'Requests a minute, or none')
            [CompletionResult]::new('--tpm', '--tpm', [CompletionResultType]::ParameterName, 'Tokens a minute, input and output together, or none')
            [CompletionResult]::new('--rpd', '--rpd', [CompletionResultType]::ParameterName, 'Requests a day, or none')
            [CompletionResult]::new('--tpd', '--tpd', [CompletionResultType]::ParameterName, 'Tokens a day, input and output together, or none')
            [CompletionResult]::new('--max-parallel', '--max-parallel', [CompletionResultType]::ParameterName, 'Calls that may run at once, or none')
            [CompletionResult]::new('--model-limit', '--model-limit', [CompletionResultType]::ParameterName, 'Limits of some models together, such as ''gpt-*:rpm=10,tpm=1000''; again for more, none for none')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Only report what is beyond the limits, do not refuse it')
            [CompletionResult]::new('--route', '--route', [CompletionResultType]::ParameterName, 'Which model a name stands for, such as default=gpt-4o; again for more, none for none')
            [CompletionResult]::new('--observe-routes', '--observe-routes', [CompletionResultType]::ParameterName, 'Only report the routes, do not follow them')
            [CompletionResult]::new('--allow-ip', '--allow-ip', [CompletionResultType]::ParameterName, 'The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team;delete' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team;members' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;team;add' {
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'What they may do in the team')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'manti;team;remove' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;usage' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Sum up what was used, by user, model, day, …')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List calls, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one call')
            break
        }
        'manti;usage;report' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this day, moment or so long ago: 2026-11-01, 24h')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this moment, or this day included')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'What to group by: user, key, model, provider, team, day, hour, endpoint, end_user, tag:NAME')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only calls of this user: an address or id')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Only calls with this key''s id')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Only calls made for this team: a name or id')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Only calls of this model, as asked for or as answered')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;usage;list' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this day, moment or so long ago: 2026-11-01, 24h')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this moment, or this day included')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only calls of this user: an address or id')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Only calls with this key''s id')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Only calls made for this team: a name or id')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Only calls of this model, as asked for or as answered')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'Only the call with this request id')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many at most; 0 for all')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;usage;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;provider' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the providers')
            [CompletionResult]::new('kinds', 'kinds', [CompletionResultType]::ParameterValue, 'List the kinds of provider there are, and where each is')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a provider')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider to the database; one of the settings file is changed there')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Ask a provider whether its address and each of its credentials are good; costs nothing')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a provider from the database')
            break
        }
        'manti;provider;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;provider;kinds' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;provider;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;provider;add' {
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'What it is [default: its name, when that is a kind]; see: manti provider kinds')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where it is [default: the kind''s own address]')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models it serves [default: those its kind is known for]')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Any other setting of the file, its value as a text or as JSON; again for more')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--api-key-stdin', '--api-key-stdin', [CompletionResultType]::ParameterName, 'Read the provider''s key from standard input')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;provider;test' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;provider;remove' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;model' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the models that are declared or known to a configured provider')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show who serves a model, and at which price')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell where a call would go and why, without making it')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Declare a model in the database; one of the settings file is changed there')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a model from the database')
            break
        }
        'manti;model;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;model;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;model;explain' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The id of the key it would come with')
            [CompletionResult]::new('--tokens', '--tokens', [CompletionResultType]::ParameterName, 'How many tokens it would read')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'How many tokens it would have written at most')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A tag of it')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;model;add' {
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Who serves it, and under which name [default: the provider that knows the name]')
            [CompletionResult]::new('--aliases', '--aliases', [CompletionResultType]::ParameterName, 'Other names for it')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Any other setting of the file, its value as a text or as JSON; again for more')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;model;remove' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;price' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the price book, in US dollars per million tokens')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show all prices of a model, with service tiers and long prompts')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Say what another price book has otherwise than the one in use')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Use another price book from the next start on; records keep the prices they were made with')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say which served models have no price')
            break
        }
        'manti;price;list' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Only this provider''s, as openai or groq')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;price;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;price;diff' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Only this provider''s')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;price;import' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Even when it is older than the one in use')
            [CompletionResult]::new('--built-in', '--built-in', [CompletionResultType]::ParameterName, 'Go back to the book that came with the program')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;price;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;config' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say everything that is wrong with the settings, without starting')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the settings in force, secrets masked')
            break
        }
        'manti;config;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;config;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Say where each setting comes from')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;health' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;openapi' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'manti;man' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print data [default: table on a terminal, json elsewhere]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask anything')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Agree to whatever would be asked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
