main-language = Language:
    .opt-az = Azərbaycanca
    .opt-ru = Русский
    .opt-en = English
main-menu = Social assistance
    .opt-apply = New application
    .opt-status = My application
    .opt-card = My card
    .opt-language = Dil / Language
    .opt-help = Help: 142
main-help =
    Help: call 142
    Website: e-sosial.az
    This service is free. Pay nobody.
