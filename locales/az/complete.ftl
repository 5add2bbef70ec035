# Müraciət edəndən sonra notarius nömrəsinin ayrıca yazılması.

complete-number =
    { $find-reference }
    Notarius nömrəsi (4-12 rəqəm):
    .error = Yalnız 4-12 rəqəm.
complete-registered =
    Qeydiyyat { $send-registered-on }
    { $send-reference }
    Qərar { $send-decide-by }-dək
    Pul verməyin. 142
complete-undated =
    { $send-reference } qeydə alındı
    Qərar günü hələ bilinmir
    Pulsuz, pul verməyin. 142
complete-already =
    Nömrə artıq yazılıb:
    { $send-reference }
    Tarix: { $send-registered-on }
    Pulsuz, pul verməyin. 142
complete-not-awaiting =
    { $find-reference }: nömrə lazım deyil
    Mərhələ: *7142*2#
    Pulsuz, pul verməyin. 142
    .sms =
        { $find-reference }: nömrə lazım deyil.
        Mərhələ üçün yazın: STATUS
        Pulsuz, pul verməyin. 142
complete-none =
    Nömrə gözləyən müraciət yoxdur.
    Yeni müraciət: *7142*1#
    Kömək: 142
    .sms =
        Nömrə gözləyən müraciət yoxdur.
        Yeni müraciət üçün yazın: MURACIET
        Kömək: 142
complete-recorded =
    Nömrə saxlandı. Cavab SMS ilə gələcək.
    Pulsuz, pul verməyin. 142
complete-not-registered =
    Nömrə hələ yazılmayıb.
    Sonra yığın: *7142*2#
    Pulsuzdur. Kömək: 142
    .sms =
        Nömrə hələ yazılmayıb.
        Sonra yazın: NOTARIUS
        Pulsuzdur. Kömək: 142
complete-later =
    Hazırda cavab yoxdur. Bir azdan yığın: *7142*2#
    Kömək: 142
    .sms =
        Hazırda cavab yoxdur. Bir azdan yazın: NOTARIUS
        Kömək: 142

notice-number-not-taken = Notarius nömrəsi yazılmadı. Xahiş edirik, müraciətinizə baxın: *7142*2#. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
