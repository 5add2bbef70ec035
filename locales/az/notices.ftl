# SMS mətnləri. Hər hissədə 67 işarə, ən çoxu üç hissə.

notice-registered = Müraciətiniz qeydə alındı. Nömrə: { $reference }. Qərar: { $decide-by }-dək. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-registered-undated = Müraciətiniz qeydə alındı. Nömrə: { $reference }. Qərar günü hələ bilinmir: bu dövrün qaydaları və ya iş günləri təsdiqlənməyib. SMS yazacağıq. Pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-deadline = Müraciət { $reference }: qərar { $decide-by }-dək veriləcək. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-awaiting-notary = Müraciətiniz saxlandı: { $reference }. Notarius ərizəsinin nömrəsi olmadan qərar verilmir. Nömrəni alanda yığın: *7142*2#. Pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-granted = Ünvanlı sosial yardım təyin olundu. Müraciət: { $reference }. Ayda: { $amount }. Müddət: { $from }-{ $until }. Kart hazır olanda SMS gələcək. Qərarı sistem verib, heç kimə pul verməyin. Kömək: 142
notice-refused = Müraciət { $reference }: ünvanlı sosial yardımın təyinindən imtina edilib. Səbəb: { $reasons }. Pulsuzdur, heç kimə pul verməyin. Sual və etiraz: 142
notice-card-ready = Kartınız hazırdır. { $collect-from } tarixindən alın: { $branch }. Vəsiqənizi gətirin. Heç kimə pul verməyin. Kömək: 142
    .flash = Kartınız hazırdır. Yer və tarix SMS-də. Pulsuzdur. Kömək: 142
notice-superseded = Müraciət { $reference } dayandırıldı: bu FİN üzrə təsdiqlənmiş başqa müraciət var. Onu siz göndərməmisinizsə, zəng edin: 142. Pulsuzdur.
notice-late = Müraciət { $reference }: qərar gecikir, üzr istəyirik. Dövlət qurumunun cavabını gözləyirik, sizdən heç nə lazım deyil. Kömək: 142
notice-unproven = Müraciət { $reference }: yazdığınız şəxslərdən biri ailə üzvünüz kimi təsdiqlənmədi, qərar bunu gözləyir. Zəng edin: 142. Pulsuzdur, heç kimə pul verməyin.
notice-contested = Müraciət { $reference }: ailə üzvünüz başqa ailənin müraciətində də var. Bu səhvdirsə, zəng edin: 142. Pulsuzdur, heç kimə pul verməyin.
notice-not-registered = Üzr istəyirik, müraciətiniz qeydə alınmadı. Yenidən yığın: *7142#. Pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-already = Müraciətiniz artıq qeydə alınıb. Nömrə: { $reference }. Tarix: { $registered-on }. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
