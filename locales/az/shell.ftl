# Xidmətin öz sözləri: hər ekranda görünür, ona görə qısa olmalıdır.
# Azərbaycan dilində bir USSD ekranına 80 işarə sığır.

shell-back = Geri
shell-home = Menyu
shell-next = Ardı
shell-yes = Bəli
shell-no = Xeyr
shell-none = yoxdur
shell-choose = Yenidən:
shell-unreadable = Oxunmadı
shell-confirm = { $value }: düzdür?
shell-help =
    Xidmət pulsuzdur. Kömək: 142
    Cavablarınız qalır.
shell-retry = Yenidən
shell-resume = Müraciətiniz yarımçıqdır.
shell-continue = Davam et
shell-again = Əvvəldən başla
shell-restarted = Yeniləndi.
shell-ended = Hazırda davam etmək olmur. Bir azdan yığın: *7142#. Kömək: 142
    .sms = Hazırda davam etmək olmur. Bir azdan yenidən yazın. Kömək: 142
shell-incomplete = Mesajınız tam gəlmədi. Yenidən, daha qısa yazın. Kömək: 142
