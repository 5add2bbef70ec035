# Xidmətin öz sözləri: hər ekranda görünür, ona görə qısa olmalıdır.
# Azərbaycan dilində bir USSD ekranına 80 işarə sığır.

shell-back = Geri
shell-home = Menyu
shell-next = Ardı
shell-yes = Bəli
shell-no = Xeyr
shell-none = yazılmayıb
shell-choose = Yenə seçin:
shell-unreadable = Oxuya bilmədik.
shell-unseen = Əvvəlcə ardına baxın: 98
shell-confirm = { $value }: düzdür?
shell-help =
    Narahat olmayın, cavablar qalır.
    Pulsuzdur. Kömək: 142
shell-retry = Yenidən
shell-resume = Müraciətiniz bitməyib.
shell-continue = Davam et
shell-again = Əvvəldən başla
shell-discard = Yazdıqlarınız silinsin?
shell-restarted = Üzr istəyirik, yenidən:
shell-ended = Hazırda davam etmək olmur. Bir azdan yığın: *7142#. Kömək: 142
    .sms = Hazırda davam etmək olmur. Bir azdan yenidən yazın. Kömək: 142
shell-news = Sizə xəbər var:
shell-usage = Yalnız *7142# yığın və sualları cavablandırın. Pulsuzdur. Kömək: 142
shell-incomplete = Mesajınız tam gəlmədi. Yenidən, daha qısa yazın. Kömək: 142
shell-pause = SMS-lərinizi anlamırıq, hələlik susuruq. *7142# yığın və ya 142
shell-tomorrow = Bu gün çox SMS oldu, sabah davam edək. İndi: *7142# və ya 142
