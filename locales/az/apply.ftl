# Müraciət: nə lazımdır, razılıq, ailə üzvləri, yoxlama, göndərmə.

apply-prepare = Pulsuzdur. Lazımdır: FİN-lər, vəsiqə, notarius nömrəsi.
    .error = Davam üçün 1 yazın:
    .opt-go-on = Davam
apply-consent = Ailə məlumatınızı dövlət qurumlarından alaq?
    .error = Məlumatı dövlət qurumlarından alaq? 1 və ya 2:
    .opt-agree = Razıyam
    .opt-decline = Xeyr
apply-declined =
    Razılığınız olmadan müraciəti qəbul edə bilmirik.
    Sualınız varsa: 142

apply-members = Ailə üzvünün FİN-i (siz+{ $members-count }):
    .error = FİN 7 simvoldur. Yenə yazın:
    .done = Hamısı budur
    .remove = Sil
    .which = Kimi silək?
    .item = { $relation } { $fin }
    .duplicate = FİN artıq var.
apply-fix-members = Ailə üzvünün FİN-i (siz+{ $members-count }):
    .error = FİN 7 simvoldur. Yenə yazın:
    .done = Hamısı budur
    .remove = Sil
    .which = Kimi silək?
    .item = { $relation } { $fin }
    .duplicate = FİN artıq var.

apply-review =
    FİN { $fin }, { $card-series } { $card-number }
    Notariat: { $notary }
    { $members-count ->
        [0] Ailə: tək siz
       *[more] Ailə: { $members-list }
    }
    Yer: { $district }
    Düzdür?
    .sms =
        FİN { $fin }, { $card-series } { $card-number }
        Notariat: { $notary }
        { $members-count ->
            [0] Ailə: tək siz
           *[more] Ailə: { $members-list }
        }
        Yer: { $district }
        Kart: { $branch }
        Düzdür?
    .opt-send = Göndər
    .opt-correct = Düzəlt
apply-correct = Nə səhvdir?
    .error = Yenə seçin:
    .opt-applicant = FİN/vəsiqə
    .opt-notary = Notariat
    .opt-members = Ailə
    .opt-place = Yer, bank
    .opt-meters = Sayğac

# Son ekranlar. Nömrə və tarixlər SMS ilə də gəlir.
apply-registered =
    Qeydiyyat { $send-registered-on }
    { $send-reference }
    Qərar { $send-decide-by }-dək
    Pul verməyin. 142
apply-undated =
    { $send-reference } qeydə alındı
    Qərar günü hələ bilinmir
    Pulsuz, pul verməyin. 142
apply-awaiting =
    Saxlandı: { $send-reference }
    Notarius nömrəsi: *7142*2#
    Pulsuz, pul verməyin. 142
apply-already =
    Müraciət artıq var:
    { $send-reference }
    Tarix: { $send-registered-on }
    Pulsuz, pul verməyin. 142
apply-limited =
    Bu telefondan 30 gündə 3 nəfər müraciət edib. Başqa telefondan edin.
    Kömək: 142
apply-recorded =
    Məlumatınız saxlandı. Nömrə SMS ilə gələcək.
    Pulsuz, pul verməyin. 142
apply-not-registered =
    Hələ qeydə alınmayıb. Cavablar 3 gün qalır.
    Sonra yığın: *7142#
    Kömək: 142
    .sms =
        Hələ qeydə alınmayıb. Cavablar 3 gün qalır.
        Sonra yazın: MURACIET
        Kömək: 142
