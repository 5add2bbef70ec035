main-language = Dil/Язык/Language
    .error = 1, 2 or 3:
    .opt-az = Azərbaycanca
    .opt-ru = Русский
    .opt-en = English
main-menu = Social assistance
    .opt-apply = New application
    .opt-status = My application
    .opt-card = My card
    .opt-language = Dil / Yazyk / Language
    .opt-help = Help: 142
main-help =
    Help: call 142
    Website: e-sosial.az
    This service is free. Pay nobody.
    .sms =
        Help: 142, e-sosial.az
        APPLY: new application
        STATUS: my application
        NOTARY: number of the notarised application
        CARD: my card
        LANG: language
        STOP: no reminders
        START: reminders
        It is free. Pay nobody.
main-stopped = No more reminders. Texts about your decision and your card still come. Help: 142
    .sms = No more reminders. Texts about your decision and your card still come. To get reminders again, write START. Help: 142
main-started = You will get reminders again. Help: 142
