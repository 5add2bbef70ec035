# Müraciətim: mərhələ, vəsiqənin son 4 rəqəmi ilə ətraflı.

status-none =
    Bu nömrədən müraciət yoxdur.
    Kömək: 142
    .error = Yeni müraciət üçün 1 yazın:
    .opt-apply = Yeni müraciət
status-awaiting =
    { $ask-reference }
    Notarius nömrəsiz qərar verilmir
    .error = Nömrəniz varsa, 1 yazın:
    .opt-number = Nömrə var
status-gathering =
    { $ask-reference } yoxlanılır
    Qərar { $ask-decide-by }-dək
    Pulsuz, pul verməyin. 142
status-gathering-undated =
    { $ask-reference } yoxlanılır
    Qərar günü hələ bilinmir
    Pulsuz, pul verməyin. 142
status-late =
    { $ask-reference }: qərar gecikir, üzr istəyirik.
    Pulsuz, pul verməyin. 142
status-granted =
    { $ask-reference }
    Qərar: yardım təyin edilib
    .error = Məbləğ üçün 1 yazın:
    .opt-details = Məbləğ, müddət
status-refused =
    { $ask-reference }
    Qərar: imtina
    .opt-details = Səbəb
status-card-ready =
    { $ask-reference }
    Kartınız hazırdır
    .error = Kart hazırdır. Seçin:
    .opt-card = Yer, tarix
    .opt-details = Məbləğ
status-superseded =
    { $ask-reference } dayandırılıb: bu FİN-lə başqa müraciət var
    Siz deyilsinizsə: 142

status-last-four = Vəsiqə nömrəsinin son 4 rəqəmi:
    .error = Burada 4 rəqəm olmalıdır.
status-wrong =
    Rəqəmlər uyğun gəlmədi.
    Kömək: 142
    .opt-again = Yenidən yaz
status-locked =
    Cəhdlər bitdi. 24 saatdan sonra yoxlayın.
    Kömək: 142
status-not-begun =
    Qərar üçün notarius nömrəsi lazımdır: *7142*2#
    Pulsuz, pul verməyin. 142
status-undecided =
    Hələ qərar yoxdur.
    Ən gec { $explain-decide-by }
    Pulsuz, pul verməyin. 142
status-undecided-undated =
    Hələ qərar yoxdur.
    Qərar günü hələ bilinmir
    Pulsuz, pul verməyin. 142
status-undecided-late =
    Qərar gecikir, üzr istəyirik.
    Pulsuz, pul verməyin. 142
status-award =
    Ayda { $explain-amount }
    { $explain-from }-{ $explain-until }
    Pulsuz, pul verməyin. 142
status-reasons =
    Səbəb: { $explain-reasons }
    Pulsuz, pul verməyin. 142
status-later =
    Hazırda cavab yoxdur. Bir azdan yığın: *7142#
    Kömək: 142
    .sms =
        Hazırda cavab yoxdur. Bir azdan yenidən yazın.
        Kömək: 142
