# Kartım: harada və nə vaxt.

card-last-four = Vəsiqə nömrəsinin son 4 rəqəmi:
    .error = Burada 4 rəqəm olmalıdır.
card-wrong =
    Rəqəmlər uyğun gəlmədi.
    Kömək: 142
    .opt-again = Yenidən yaz
card-none =
    Bu nömrədən müraciət yoxdur.
    Kömək: 142
card-locked =
    Cəhdlər bitdi. 24 saatdan sonra yoxlayın.
    Kömək: 142
card-no-card =
    Kart yardım təyin olunandan sonra verilir.
    Pulsuz, pul verməyin. 142
card-ordered =
    Hazırlanır, SMS gələcək.
    { $pickup-branch }
    Pul verməyin. 142
card-ready =
    Kart { $pickup-collect-from } tarixindən:
    { $pickup-branch }
    Pul verməyin. 142
card-later =
    Hazırda cavab yoxdur. Bir azdan yığın: *7142#
    Kömək: 142
    .sms =
        Hazırda cavab yoxdur. Bir azdan yenidən yazın.
        Kömək: 142
