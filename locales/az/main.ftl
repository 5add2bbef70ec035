main-language = Dil/Язык/Language
    .opt-az = Azərbaycanca
    .opt-ru = Русский
    .opt-en = English
main-menu = Ünvanlı yardım
    .error = 1-dən 5-dək yazın:
    .opt-apply = Yeni müraciət
    .opt-status = Müraciətim
    .opt-card = Kartım
    .opt-language = Dil/Язык
    .opt-help = Kömək 142
main-help =
    Kömək: 142
    Sayt: e-sosial.az
    Xidmət pulsuzdur, heç kimə pul verməyin.
    .sms =
        Kömək: 142, e-sosial.az
        MURACIET: yeni müraciət
        STATUS: müraciətim
        NOTARIUS: notarius nömrəsi
        KART: kartım
        DIL: dil seçimi
        DAYANDIR: xatırlatma gəlməsin
        BASLA: gəlsin
        Pulsuzdur, heç kimə pul verməyin.
main-stopped = Xatırlatma gəlməyəcək. Qərar və kart SMS-i gələcək. Kömək: 142
    .sms = Xatırlatmalar dayandırıldı. Qərar və kart haqqında SMS-lər yenə gələcək. Yenidən almaq üçün BASLA yazın. Kömək: 142
main-started = Xatırlatmalar yenidən gələcək. Kömək: 142
